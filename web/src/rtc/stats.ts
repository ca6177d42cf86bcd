/** What getStats says, reduced to what the lesson needs. Pure. Names: W3C webrtc-stats. */
import type { MediaWay } from '@/rtc/words';
import type { Link } from '@/signaling/wire.gen';

/** One slot's picture so far; totals since the connection began. */
export interface SlotTotals {
  readonly framesDecoded: number;
  readonly freezeMs: number;
}

/** One reading of a connection; totals since it began. */
export interface Reading {
  readonly atMs: number;
  /** Media and control packets that came in, whatever they carried: the line's sign of life. */
  readonly packetsIn: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly received: number;
  readonly lost: number;
  readonly rttMs: number;
  /** Null while no way works. */
  readonly way: MediaWay | null;
  /** What the far end missed of what we send, 0..1. */
  readonly fractionLostUp: number;
  /** Packets of the own sound: sent, and lost on their way to the server. */
  readonly voice: { readonly sent: number; readonly lost: number };
  /** By slot; a slot that never got a packet is absent. */
  readonly pictures: ReadonlyMap<number, SlotTotals>;
}

type Entry = Record<string, unknown> & { id: string; type: string };

function number(entry: Entry | undefined, key: string): number {
  const value = entry?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** slotOfMid: which receive slot a video m-line belongs to. */
export function read(report: Iterable<unknown>, slotOfMid: ReadonlyMap<string, number>, atMs: number): Reading {
  const entries = [...report] as Entry[];
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const transport = entries.find(({ type }) => type === 'transport');
  const pair = byId.get(String(transport?.selectedCandidatePairId));
  const inbound = entries.filter(({ type }) => type === 'inbound-rtp');
  // The share of pictures alone: of a sound the server tells the worst of its receivers' losses (docs/weak-lines.md).
  const remote = entries.filter(({ type, kind }) => type === 'remote-inbound-rtp' && kind === 'video');
  const voice = (of: string, key: string): number =>
    entries.reduce((sum, entry) => sum + (entry.type === of && entry.kind === 'audio' ? number(entry, key) : 0), 0);
  const total = (key: string): number => inbound.reduce((sum, entry) => sum + number(entry, key), 0);
  return {
    atMs,
    packetsIn: number(transport, 'packetsReceived') || number(pair, 'packetsReceived'),
    bytesIn: number(pair, 'bytesReceived'),
    bytesOut: number(pair, 'bytesSent'),
    received: total('packetsReceived'),
    lost: Math.max(0, total('packetsLost')),
    way: way(byId.get(String(pair?.localCandidateId))),
    rttMs: Math.round(number(pair, 'currentRoundTripTime') * 1_000),
    fractionLostUp: Math.max(0, ...remote.map((entry) => number(entry, 'fractionLost'))),
    voice: { sent: voice('outbound-rtp', 'packetsSent'), lost: voice('remote-inbound-rtp', 'packetsLost') },
    pictures: pictures(inbound, slotOfMid),
  };
}

/** By the local end of the pair in use. Over a relay its `protocol` is that of the far side, so the type goes first. */
function way(candidate: Entry | undefined): MediaWay | null {
  if (!candidate) return null;
  if (candidate.candidateType === 'relay') return 'relay';
  return candidate.protocol === 'tcp' ? 'tcp' : 'udp';
}

function pictures(inbound: readonly Entry[], slotOfMid: ReadonlyMap<string, number>): Map<number, SlotTotals> {
  const found = new Map<number, SlotTotals>();
  for (const entry of inbound) {
    const slot = entry.kind === 'video' ? slotOfMid.get(String(entry.mid)) : undefined;
    if (slot === undefined) continue;
    const freezeMs = Math.round(number(entry, 'totalFreezesDuration') * 1_000);
    found.set(slot, { framesDecoded: number(entry, 'framesDecoded'), freezeMs });
  }
  return found;
}

/**
 * The line between two readings of one connection. seated: slots that had the same picture seat all the time; a refilled
 * slot counts its empty time as one freeze, which is nobody's fault.
 */
export function link(before: Reading, now: Reading, seated: ReadonlySet<number>): Link {
  const ms = Math.max(1, now.atMs - before.atMs);
  const received = Math.max(0, now.received - before.received);
  const lost = Math.max(0, now.lost - before.lost);
  const lossDown = received + lost > 0 ? lost / (received + lost) : 0;
  let freezeMs = 0;
  for (const slot of seated) {
    const was = before.pictures.get(slot);
    const is = now.pictures.get(slot);
    if (was && is) freezeMs = Math.max(freezeMs, is.freezeMs - was.freezeMs);
  }
  return {
    type: 'link',
    rtt_ms: Math.min(60_000, now.rttMs),
    loss_permille: Math.round(1_000 * Math.min(1, Math.max(lossDown, now.fractionLostUp))),
    down_kbps: kbps(now.bytesIn - before.bytesIn, ms),
    up_kbps: kbps(now.bytesOut - before.bytesOut, ms),
    freeze_ms: Math.max(0, freezeMs),
  };
}

function kbps(bytes: number, ms: number): number {
  return Math.max(0, Math.round((bytes * 8) / ms));
}
