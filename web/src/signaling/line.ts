/** What a socket is given, and what it says of itself. */
import type { FromServer } from '@/signaling/wire.gen';

export type SocketState =
  | { kind: 'connecting' }
  | { kind: 'open' }
  | { kind: 'waiting' }
  | { kind: 'closed'; code: string };

/** What the socket needs of a WebSocket. */
export type Wire = Pick<WebSocket, 'send' | 'close' | 'bufferedAmount' | 'onopen' | 'onmessage' | 'onclose'>;

export interface SocketOptions {
  readonly lesson: string;
  readonly screen: 'a' | 'b';
  readonly open: () => Wire;
  readonly received: (message: FromServer) => void;
  readonly changed: (state: SocketState) => void;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
  /** 0..1. */
  readonly random?: () => number;
  /** Of the line, as the page's own requests found it; 0 where unknown. ms. */
  readonly roundTripMs?: () => number;
  /** Sends a message beside this line, once; false: there is no way. Without it nothing goes beside. */
  readonly beside?: (data: ArrayBuffer | string) => boolean;
  /** Asks for the page that is shown beside this line, while it is being made; null: it could not be had. Called once, for a long line. */
  readonly ahead?: () => Promise<ArrayBuffer | null>;
}
