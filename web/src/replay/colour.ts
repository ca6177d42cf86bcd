/** A school's ink colour on the deep green of the player, where the ink made for paper would be too dark. */
export function onBoard(colour: string): string {
  const parts = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour)?.slice(1) ?? [];
  if (parts.length !== 3) return colour;
  const lit = parts.map((part) => Math.round(Number.parseInt(part, 16) * 0.5 + 255 * 0.5));
  return `#${lit.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
