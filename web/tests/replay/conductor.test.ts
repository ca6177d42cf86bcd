import { describe, expect, it } from 'vitest';
import { type Clock, hold, moveTo, position, stoppedAt } from '@/replay/clock';
import { conduct, type Phase, type Reading } from '@/replay/conductor';
import { learned } from '@/replay/sync';

/** A media element as browsers make them: starts late, drifts, seeks slowly, reports its time in steps. */
class Element {
  atMs = 0;
  rate = 1;
  playing = false;
  dry = false;
  seeks = 0;
  costMs = 0;
  #to: number | null = null;
  #seekDone = -1;
  #target = 0;
  #startAt = 0;
  #asked = -Infinity;

  constructor(
    readonly id: string,
    readonly options: {
      drift?: number;
      seekMs?: number;
      startMs?: number;
      master?: boolean;
      essential?: boolean;
      from?: number;
      to?: number;
      audible?: boolean;
      /** Where its picture begins; it cannot stand before. */
      first?: number;
    } = {},
  ) {}

  advance(nowMs: number, stepMs: number): void {
    if (this.#seekDone >= 0 && nowMs >= this.#seekDone) {
      this.atMs = this.#target;
      this.costMs = learned(this.costMs, nowMs - this.#asked);
      this.#seekDone = -1;
      this.#startAt = nowMs;
    }
    if (this.playing && !this.dry && this.#seekDone < 0 && nowMs >= this.#startAt) {
      this.atMs += stepMs * this.rate * (1 + (this.options.drift ?? 0));
    }
  }

  read(nowMs: number): Reading {
    const { from = 0, to = 3_600_000, master = false, essential = master } = this.options;
    const seeking = this.#seekDone >= 0;
    const shown = seeking ? this.#target : Math.floor(this.atMs / 10) * 10;
    return {
      id: this.id,
      fromMs: from,
      toMs: to,
      atMs: from + shown,
      rate: this.rate,
      paused: !this.playing,
      audible: this.options.audible ?? false,
      seeking,
      ready: !this.dry && !seeking,
      failed: false,
      master,
      essential,
      past: { toMs: this.#to, costMs: this.costMs, sinceMs: nowMs - this.#asked },
    };
  }

  obey(order: { play: boolean; rate: number; seekToMs: number | null }, nowMs: number): void {
    this.rate = order.rate;
    if (order.play && !this.playing) this.#startAt = nowMs + (this.options.startMs ?? 0);
    this.playing = order.play;
    if (order.seekToMs === null) return;
    this.seeks += 1;
    this.#to = order.seekToMs;
    this.#target = Math.max(this.options.first ?? 0, order.seekToMs - (this.options.from ?? 0));
    this.#asked = nowMs;
    this.#seekDone = nowMs + (this.options.seekMs ?? 30);
  }
}

/** The player's loop without a browser, in steps of 20 ms. */
class Show {
  clock: Clock = stoppedAt(0, 0);
  nowMs = 0;
  wanted = true;
  phase: Phase = 'paused';

  constructor(
    readonly elements: Element[],
    readonly durationMs = 3_600_000,
  ) {}

  run(forMs: number, each: () => void = () => {}): void {
    for (const until = this.nowMs + forMs; this.nowMs < until; ) {
      this.nowMs += 20;
      for (const element of this.elements) element.advance(this.nowMs, 20);
      const readings = this.elements.map((element) => element.read(this.nowMs));
      const decision = conduct(this.clock, this.wanted, readings, this.nowMs, this.durationMs);
      this.clock = decision.clock;
      this.phase = decision.phase;
      for (const [index, order] of decision.orders.entries()) this.elements[index]?.obey(order, this.nowMs);
      each();
    }
  }

  seek(ms: number): void {
    this.clock = moveTo(hold(this.clock, this.nowMs), ms, this.nowMs);
  }

  at(): number {
    return position(this.clock, this.nowMs);
  }

  /** Largest distance of a playing element from the first. */
  skew(): number {
    const [first, ...others] = this.elements as [Element, ...Element[]];
    return Math.max(...others.map((other) => Math.abs(other.atMs + (other.options.from ?? 0) - first.atMs)));
  }
}

describe('the conductor', () => {
  it('keeps drifting classrooms within 40 ms of the lead and never seeks for it', () => {
    const rooms = [
      new Element('a', { drift: 0.004, startMs: 80 }),
      new Element('b', { drift: -0.006, startMs: 10 }),
      new Element('c', { startMs: 150 }),
    ];
    const show = new Show([new Element('lead', { master: true, startMs: 40, drift: 0.001 }), ...rooms]);
    show.run(4000);
    let worst = 0;
    show.run(600_000, () => {
      worst = Math.max(worst, show.skew());
    });
    expect(worst).toBeLessThan(40);
    expect(rooms.map((room) => room.seeks)).toEqual([0, 0, 0]);
  });

  it('brings back one that nobody hears within a second or so, one that is heard more gently', () => {
    const [heard, silent] = [new Element('heard', { audible: true }), new Element('silent')];
    const show = new Show([new Element('lead', { master: true }), heard, silent]);
    show.run(2000);
    for (const element of [heard, silent]) element.atMs -= 200;
    show.run(100);
    expect(heard.rate).toBe(1.15);
    expect(silent.rate).toBeGreaterThan(1.2);
    show.run(1200);
    expect(Math.abs(silent.atMs - show.at())).toBeLessThan(40);
    show.run(2500);
    expect(show.skew()).toBeLessThan(40);
  });

  it('lets one that is ahead stand until the clock is there', () => {
    const ahead = new Element('ahead');
    const show = new Show([new Element('lead', { master: true }), ahead]);
    show.run(2000);
    ahead.atMs += 800;
    show.run(400);
    expect([ahead.playing, ahead.seeks]).toEqual([false, 0]);
    show.run(600);
    expect(ahead.playing).toBe(true);
    expect(show.skew()).toBeLessThan(40);
  });

  it('brings a classroom that fell seconds behind back with one seek, aimed ahead by what seeks cost', () => {
    const late = new Element('late', { seekMs: 180 });
    const show = new Show([new Element('lead', { master: true }), late]);
    show.run(3000);
    late.dry = true;
    show.run(2000);
    expect(show.phase).toBe('playing'); // it is not essential: nobody waits for it
    late.dry = false;
    show.run(9000);
    expect(show.skew()).toBeLessThan(40);
    expect(late.seeks).toBeLessThanOrEqual(3);
  });

  it('does not seek a slow element again and again', () => {
    const slow = new Element('slow', { seekMs: 1200, from: 0 });
    const show = new Show([new Element('lead', { master: true }), slow]);
    slow.dry = true;
    show.run(5000);
    slow.dry = false;
    const before = slow.seeks;
    show.run(30_000);
    expect(slow.seeks - before).toBeLessThanOrEqual(6);
    expect(show.skew()).toBeLessThan(40);
  });

  it('holds everyone while an essential element has run dry, and goes on in step', () => {
    const lead = new Element('lead', { master: true });
    const room = new Element('room');
    const show = new Show([lead, room]);
    show.run(2000);
    lead.dry = true;
    show.run(200);
    const stoodAt = show.at();
    show.run(5000);
    expect([show.phase, show.at()]).toEqual(['buffering', stoodAt]);
    expect(room.playing).toBe(false);
    lead.dry = false;
    show.run(3000);
    expect(show.phase).toBe('playing');
    expect(show.skew()).toBeLessThan(40);
    expect([lead.seeks, room.seeks]).toEqual([0, 0]); // a seek would throw away what has arrived
  });

  it('seeks everyone to where the viewer points, and waits for the lead before it plays on', () => {
    const show = new Show([new Element('lead', { master: true, seekMs: 300 }), new Element('room', { seekMs: 60 })]);
    show.run(2000);
    show.seek(1_234_000);
    show.run(100);
    expect([show.phase, show.at()]).toEqual(['buffering', 1_234_000]);
    show.run(4000);
    expect(show.phase).toBe('playing');
    expect(show.at()).toBeGreaterThan(1_236_000);
    expect(show.skew()).toBeLessThan(40);
  });

  it('puts standing pictures to the very frame', () => {
    const show = new Show([new Element('lead', { master: true }), new Element('room')]);
    show.wanted = false;
    show.seek(60_000);
    show.run(500);
    expect(show.elements.map((element) => element.atMs)).toEqual([60_000, 60_000]);
    expect(show.phase).toBe('paused');
  });

  it('runs by its own clock where the lead has no picture and sound', () => {
    const show = new Show([new Element('lead', { master: true, from: 0, to: 10_000 }), new Element('room')]);
    show.run(30_000);
    expect(show.at()).toBeGreaterThan(29_500);
    expect(Math.abs((show.elements[1] as Element).atMs - show.at())).toBeLessThan(40);
  });

  it('starts a part of a recording at its own time, already standing at its first frame', () => {
    const part = new Element('part 2', { from: 20_000, seekMs: 100 });
    const show = new Show([new Element('lead', { master: true }), part]);
    part.atMs = 5000;
    show.run(15_000);
    expect([part.playing, part.atMs]).toEqual([false, 0]);
    show.run(10_000);
    expect(part.playing).toBe(true);
    expect(show.skew()).toBeLessThan(40);
  });

  it('lets a picture that begins later stand until the clock comes, and neither waits for it nor seeks it on and on', () => {
    const late = new Element('late', { first: 8000, essential: true });
    late.atMs = 8000;
    const show = new Show([new Element('lead', { master: true }), late]);
    show.wanted = false;
    show.run(2000);
    expect(late.seeks).toBe(1);
    show.wanted = true;
    show.run(5000);
    expect([show.phase, late.playing, late.atMs, late.seeks]).toEqual(['playing', false, 8000, 1]);
    expect(show.at()).toBeGreaterThan(4900);
    show.run(6000);
    expect(late.playing).toBe(true);
    expect(show.skew()).toBeLessThan(40);
  });

  it('ends at the end, with everything stopped', () => {
    const show = new Show([new Element('lead', { master: true }), new Element('room')], 5000);
    show.run(8000);
    expect([show.phase, show.at()]).toEqual(['ended', 5000]);
    expect(show.elements.map((element) => element.playing)).toEqual([false, false]);
  });

  it.each([0.5, 1.5, 2])('stays in step at speed %d', (rate) => {
    const show = new Show([
      new Element('lead', { master: true, startMs: 50 }),
      new Element('room', { drift: 0.005, startMs: 120 }),
    ]);
    show.clock = stoppedAt(0, 0, rate);
    show.run(5000);
    let worst = 0;
    show.run(60_000, () => {
      worst = Math.max(worst, show.skew());
    });
    expect(worst).toBeLessThan(50);
    expect(Math.abs(show.at() - 65_000 * rate)).toBeLessThan(300);
  });
});
