import { describe, expect, it } from 'vitest';
import { type Feed, feedsOf, partAt } from '@/replay/feeds';
import { worthLoading } from '@/replay/loading';
import type { Media, ReplayPerson } from '@/replay/manifest';
import { arrange, heard, missing } from '@/replay/stage';
import type { ClassState } from '@/replay/timeline';
import type { Source } from '@/signaling/wire.gen';

function person(id: string, role: ReplayPerson['role']): ReplayPerson {
  return { id, role, school: id, name: id, colour: '#000000' };
}

function media(participant: string, source: Source, start_ms = 0, duration_ms = 60_000): Media {
  const file = `${participant}-${source}-${start_ms}.mp4`;
  return {
    file,
    participant,
    source,
    start_ms,
    duration_ms,
    video: 'h264',
    audio: 'opus',
    width: 1280,
    height: 720,
    bytes: 1,
  };
}

const PEOPLE = [person('staff-1', 'lead'), person('room-1', 'classroom'), person('room-2', 'classroom')];
const SHARING = state({ live: new Map([['staff-1', ['camera', 'screen']]]) });
const TOLD = [{ atMs: 0, state: SHARING }];
const LESSON = {
  people: PEOPLE,
  media: [
    media('room-2', 'camera'),
    media('room-1', 'camera', 30_000, 30_000),
    media('room-1', 'camera', 0, 20_000),
    media('staff-1', 'screen', 10_000, 10_000),
    media('staff-1', 'camera'),
  ],
};
const FEEDS = feedsOf(LESSON, TOLD);

function state(changes: Partial<ClassState> = {}): ClassState {
  return {
    phase: 'live',
    talk: 'listen',
    floor: null,
    hands: [],
    live: new Map(),
    away: new Set(),
    page: 1,
    ...changes,
  };
}

describe('feeds', () => {
  it('put the lead first, then the classrooms as the roster has them, parts in time order', () => {
    expect(FEEDS.map((feed) => feed.id)).toEqual([
      'staff-1/camera',
      'staff-1/screen',
      'room-1/camera',
      'room-2/camera',
    ]);
    expect(FEEDS[2]?.parts.map((part) => part.start_ms)).toEqual([0, 30_000]);
  });

  it('make the sound of the lead the master, with or without a picture', () => {
    const spoken = feedsOf({ people: PEOPLE, media: [media('staff-1', 'microphone'), media('room-1', 'camera')] }, []);
    expect([...FEEDS, ...spoken].filter((feed) => feed.master).map((feed) => feed.id)).toEqual([
      'staff-1/camera',
      'staff-1/microphone',
    ]);
  });

  it('play the part that covers the time, none in a hole between parts, the last to its very end', () => {
    const room = FEEDS[2];
    if (!room) throw new Error('no feed');
    const times = [0, 20_000, 20_001, 30_000, 60_000, 60_001];
    expect(times.map((at) => partAt(room, at)?.start_ms ?? null)).toEqual([0, 0, null, 30_000, 30_000, null]);
  });
});

describe('the stage', () => {
  it('is the board while the lead teaches', () => {
    expect(arrange(state(), FEEDS, 0, null)).toEqual({
      stage: 'board',
      side: ['staff-1/camera', 'room-1/camera', 'room-2/camera'],
    });
  });

  it('is the class on the floor, and the board takes its place among the small ones', () => {
    expect(arrange(state({ floor: 'room-2' }), FEEDS, 0, null)).toEqual({
      stage: 'room-2/camera',
      side: ['board', 'staff-1/camera', 'room-1/camera'],
    });
  });

  it('stays the board when the class on the floor has no picture', () => {
    expect(arrange(state({ floor: 'room-1' }), FEEDS, 25_000, null).stage).toBe('board');
  });

  it('is the shared screen while it is shared', () => {
    expect(arrange(SHARING, FEEDS, 12_000, null).stage).toBe('staff-1/screen');
    expect(arrange(state(), FEEDS, 12_000, null).stage).toBe('board');
  });

  it('is what the viewer chose, as long as it is there', () => {
    expect(arrange(state({ floor: 'room-2' }), FEEDS, 0, 'staff-1/camera').stage).toBe('staff-1/camera');
    expect(arrange(state({ floor: 'room-2' }), FEEDS, 0, 'staff-1/screen').stage).toBe('room-2/camera');
  });
});

describe('a picture', () => {
  const [lead, , room] = FEEDS as [Feed, Feed, Feed];

  it('is missing in words while its line is lost, and in the hole between two parts', () => {
    expect(missing(room, state({ away: new Set(['room-1']) }), 0)).toBe('line_lost');
    expect([missing(room, state(), 20_000), missing(room, state(), 20_001)]).toEqual([null, 'no_picture']);
  });

  it('is not shown while the log says that the camera was off, or nobody was there', () => {
    expect(missing(lead, state({ live: new Map([['staff-1', ['microphone']]]) }), 0)).toBe('no_picture');
    expect([missing(lead, state(), 0), missing(lead, SHARING, 0)]).toEqual(['not_here', null]);
  });
});

describe('sound', () => {
  const lead = { participant: 'staff-1', lead: true };
  const [one, two] = [1, 2].map((room) => ({ participant: `room-${room}`, lead: false })) as [typeof lead, typeof lead];

  it('is what class heard: the lead, the class on the floor, everyone in discussion', () => {
    expect(heard(state(), lead, 'blended', 2)).toBe(true);
    expect(heard(state({ floor: 'room-2' }), two, 'blended', 2)).toBe(true);
    expect(heard(state({ floor: 'room-2' }), one, 'blended', 2)).toBe(false);
    expect(heard(state({ talk: 'discussion' }), one, 'blended', 2)).toBe(true);
  });

  it('is also that of the only class of a delivery lesson', () => {
    expect([
      heard(state(), one, 'delivery', 1),
      heard(state(), one, 'delivery', 2),
      heard(state(), one, 'blended', 1),
    ]).toEqual([true, false, false]);
  });
});

describe('loading', () => {
  const camera = (who: string): string => `${who}-camera-0.mp4`;

  it('takes what plays now, the stage and the lead first', () => {
    const files = [camera('room-2'), camera('staff-1'), camera('room-1')];
    expect(
      worthLoading(
        FEEDS.filter(({ source }) => source === 'camera'),
        0,
        'room-2/camera',
      ),
    ).toEqual(files);
  });

  it('takes a part a little before it begins, and leaves one that is over', () => {
    expect(worthLoading(FEEDS, 21_000, 'board')).toEqual([
      camera('staff-1'),
      'room-1-camera-30000.mp4',
      camera('room-2'),
    ]);
    expect(worthLoading(FEEDS, 2_000, 'board')).toContain('staff-1-screen-10000.mp4');
  });

  it('leaves a screen that was not shared at the time, though its file spans the lesson', () => {
    const screen = media('staff-1', 'screen');
    const later = feedsOf({ people: PEOPLE, media: [screen, media('staff-1', 'camera')] }, [
      { atMs: 0, state: state() },
      { atMs: 30_000, state: SHARING },
      { atMs: 40_000, state: state() },
    ]);
    const taken = [0, 19_999, 20_000, 39_999, 40_000].map((at) =>
      worthLoading(later, at, 'board').includes(screen.file),
    );
    expect(taken).toEqual([false, false, true, true, false]);
  });

  it('never takes more than five: a browser opens six connections to a server, one stays for the page', () => {
    const cameras = PEOPLE.flatMap(({ id }) => [media(id, 'camera'), media(id, 'camera2')]);
    const many = feedsOf({ people: PEOPLE, media: cameras }, []);
    expect(worthLoading(many, 0, 'room-2/camera2')).toEqual([
      'room-2-camera2-0.mp4',
      camera('staff-1'),
      camera('room-1'),
      camera('room-2'),
      'staff-1-camera2-0.mp4',
    ]);
  });
});
