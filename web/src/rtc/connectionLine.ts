/** One connection of the media line, and what was read of it. */

import type { PeerParts } from '@/rtc/mediaOptions';
import { followed, NO_PATIENCE, type Patience, patient } from '@/rtc/patience';
import type { Thrift } from '@/rtc/peer';
import { judged, LEAST_LONG_PACKETS, LEAST_PACKETS, PLAIN, type Redundancy } from '@/rtc/redundancy';
import { link, type Reading, read } from '@/rtc/stats';
import type { Link } from '@/signaling/wire.gen';

const FLOWING_MS = 1_500;
const LINK_EVERY_MS = 5_000;
const PATIENCE_EVERY_MS = 1_500;
const FOLLOWS_EVERY_MS = 400;
const NONE: ReadonlySet<number> = new Set();

/** Times are monotonic milliseconds. */
export class ConnectionLine {
  readonly slotOfMid = new Map<string, number>();
  answeredMs: number | null = null;
  connectedMs: number | null = null;
  lastPacketMs: number;
  latest: Reading | null = null;
  #linkFrom: Reading | null = null;
  #lossFrom: Reading | null = null;
  #voiceFrom: Reading | null = null;
  #redundancy: Redundancy = PLAIN;
  #thrift: Thrift = null;
  #drained = true;
  #patience: Patience = NO_PATIENCE;
  #picturesMs: number | null = null;
  #followedMs = 0;

  constructor(
    readonly peer: PeerParts,
    readonly sinceMs: number,
  ) {
    this.lastPacketMs = sinceMs;
  }

  /** Packets come, whatever a full line has done to the checks that the browser calls a connection by. */
  flows(nowMs: number): boolean {
    return nowMs - this.lastPacketMs < FLOWING_MS;
  }

  async read(now: () => number): Promise<void> {
    const report = await this.peer.stats();
    const reading = read(report.values(), this.slotOfMid, now());
    if (reading.packetsIn !== (this.latest?.packetsIn ?? 0)) this.lastPacketMs = reading.atMs;
    this.latest = reading;
  }

  /** A line that loses is waited for sooner than it is reported. */
  wait(latest: Reading): void {
    this.#lossFrom ??= latest;
    if (latest.atMs - this.#lossFrom.atMs >= PATIENCE_EVERY_MS) {
      this.#patience = patient(this.#patience, link(this.#lossFrom, latest, NONE));
      this.#lossFrom = latest;
    }
    if (latest.atMs - this.#followedMs < FOLLOWS_EVERY_MS) return;
    this.#picturesMs = followed(this.#picturesMs, this.#patience.ms);
    this.#followedMs = latest.atMs;
    this.peer.setPatience(this.#patience.ms, this.#picturesMs);
  }

  /** How thin the page's own line was found. What a queue lost that drains from now on says nothing of a voice that fits. */
  thrift(thrift: Thrift): void {
    const overrun = thrift === 'voice' && this.#thrift !== 'voice';
    this.#thrift = thrift;
    void this.peer.setThrift(thrift);
    if (!overrun) return;
    this.#drained = false;
    this.#voiceFrom = null;
    this.#redundancy = PLAIN;
    void this.peer.setLoss(PLAIN.loss);
  }

  /** What the own voice loses on its way is found again in its next packets. */
  repeat(latest: Reading): void {
    this.#voiceFrom ??= latest;
    const least = this.#drained && this.#thrift === 'voice' ? LEAST_LONG_PACKETS : LEAST_PACKETS;
    const told = judged(this.#redundancy, this.#voiceFrom.voice, latest.voice, least);
    if (!told) return;
    this.#voiceFrom = latest;
    if (!this.#drained) {
      this.#drained = true;
      return;
    }
    if (told.loss !== this.#redundancy.loss) void this.peer.setLoss(told.loss);
    this.#redundancy = told;
  }

  /** What to report of the line, once in a while; `steadySince`: slots with one and the same seat since then. */
  report(latest: Reading, steadySince: (ms: number) => ReadonlySet<number>): Link | null {
    this.#linkFrom ??= latest;
    if (latest.atMs - this.#linkFrom.atMs < LINK_EVERY_MS) return null;
    const told = link(this.#linkFrom, latest, steadySince(this.#linkFrom.atMs));
    this.#linkFrom = latest;
    return told;
  }
}
