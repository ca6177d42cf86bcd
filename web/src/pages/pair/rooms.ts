/** The rooms a person may give screens to (GET /api/devices), and the request that does it. */
import { send } from '@/api/send';

export interface PairedDevice {
  readonly id: string;
  readonly name: string;
  readonly paired: string;
  readonly online: boolean;
}

export interface Room {
  readonly id: string;
  readonly name: string;
  readonly school: string;
  readonly devices: readonly PairedDevice[];
}

export type Rooms =
  | { readonly kind: 'rooms'; readonly rooms: readonly Room[] }
  | { readonly kind: 'signed_out' | 'not_yours' | 'unreachable' };

export interface PairRequest {
  readonly code: string;
  readonly classroom: string;
  readonly name: string;
  readonly device: string | null;
}

/** `why` has the server's own words for what to do next. */
export type Paired = { readonly kind: 'paired' } | { readonly kind: 'refused'; readonly why: string };

export async function roomsOf(): Promise<Rooms> {
  try {
    const response = await fetch('/api/devices', { headers: { accept: 'application/json' } });
    if (response.status === 401) return { kind: 'signed_out' };
    if (response.status === 403) return { kind: 'not_yours' };
    if (!response.ok) return { kind: 'unreachable' };
    return { kind: 'rooms', rooms: ((await response.json()) as { rooms: Room[] }).rooms };
  } catch {
    return { kind: 'unreachable' };
  }
}

/** language: in which the server words a refusal; offline: the words when it cannot be reached. */
export async function pair(request: PairRequest, language: string, offline: string): Promise<Paired> {
  try {
    const response = await send('/api/devices/pair', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-language': language },
      body: JSON.stringify(request),
    });
    if (response.ok) return { kind: 'paired' };
    return { kind: 'refused', why: ((await response.json()) as { detail: string }).detail };
  } catch {
    return { kind: 'refused', why: offline };
  }
}

/** The code of a scanned address, `#code=ABCD2345`; empty without one. */
export function codeIn(fragment: string): string {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('code') ?? '';
}

/** The room of a scanned card, `#room=room-1`; empty without one. */
export function roomIn(fragment: string): string {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('room') ?? '';
}
