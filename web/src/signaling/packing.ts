/** SDP made small for thin lines: base64 of raw deflate (RFC 1951), as signaling/packing.py has it. */

export async function packed(text: string): Promise<string> {
  const bytes = new Uint8Array(await deflated(text));
  let characters = '';
  for (const byte of bytes) characters += String.fromCharCode(byte);
  return btoa(characters);
}

/** Whether this browser reads raw deflate; Chromium before 103 knows only two other wrappings. */
export function canInflate(): boolean {
  try {
    return new DecompressionStream('deflate-raw') !== null;
  } catch {
    return false;
  }
}

/** `text` in raw deflate. */
export async function deflated(text: string): Promise<ArrayBuffer> {
  return through(new Blob([text]), new CompressionStream('deflate-raw'));
}

/** The text in raw deflate. */
export async function inflated(bytes: ArrayBuffer): Promise<string> {
  return new TextDecoder().decode(await through(new Blob([bytes]), new DecompressionStream('deflate-raw')));
}

export async function unpacked(text: string): Promise<string> {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(await through(new Blob([bytes]), new DecompressionStream('deflate-raw')));
}

function through(blob: Blob, stream: CompressionStream | DecompressionStream): Promise<ArrayBuffer> {
  return new Response(blob.stream().pipeThrough(stream)).arrayBuffer();
}
