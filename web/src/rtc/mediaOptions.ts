/** What the media line is told of, tells, and makes its connections with. */

import type { LocalTracks, Peer, SlotLines } from '@/rtc/peer';
import type { MediaPhase, MediaWay } from '@/rtc/words';
import type { Link } from '@/signaling/wire.gen';

export type PeerParts = Pick<
  Peer,
  | 'connection'
  | 'connected'
  | 'slots'
  | 'offer'
  | 'accept'
  | 'setTrack'
  | 'setLayers'
  | 'setPatience'
  | 'setLoss'
  | 'setThrift'
  | 'say'
  | 'stats'
  | 'close'
>;

export interface MediaOptions {
  readonly peer: (connection: number, changed: (state: RTCPeerConnectionState) => void) => PeerParts;
  /** Sends the offer; false while the signaling line is down. */
  readonly offer: (connection: number, sdp: string) => boolean;
  readonly tracks: () => LocalTracks;
  readonly phase: (phase: MediaPhase) => void;
  /** From now on the slots carry these tracks. */
  readonly show: (slots: readonly SlotLines[]) => void;
  /** Slots in which pictures are arriving. */
  readonly playing: (slots: ReadonlySet<number>) => void;
  readonly link: (link: Link) => void;
  /** Which way of all that were tried carries the connection in use. */
  readonly way: (way: MediaWay) => void;
  /** No packet for a while although somebody is seated: the signaling line may be gone too. */
  readonly doubt: () => void;
  /** Packets came: the network stands. */
  readonly alive: () => void;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}
