import { expect, test } from 'vitest';
import type { Choices, CountyTimetableEntry as Entry } from '@/api/schema.gen';
import {
  classesFor,
  type Draft,
  draftOf,
  formOf,
  formOfEntry,
  leadsIn,
  missingIn,
  newDraft,
  remoteRooms,
  toggleClass,
  toggleRoom,
  withCommunity,
  withLead,
  withMode,
} from '@/pages/admin/timetable/entryForm';

const PERIOD = { period: 2, starts_min: 540, ends_min: 580 };
const CHOICES = {
  communities: [
    { id: 'c1', name: '一', schools: ['s0', 's1', 's2'] },
    { id: 'c2', name: '二', schools: ['s9', 's2'] },
  ],
  schools: [],
  rooms: [
    { id: 'r0', school_id: 's0' },
    { id: 'r1', school_id: 's1' },
    { id: 'r2', school_id: 's2' },
    { id: 'r2b', school_id: 's2' },
    { id: 'r9', school_id: 's9' },
  ],
  classes: [
    { id: 'k0', school_id: 's0', classroom_id: 'r0' },
    { id: 'k1', school_id: 's1', classroom_id: 'r1' },
    { id: 'k2', school_id: 's2', classroom_id: 'r2' },
    { id: 'k2x', school_id: 's2', classroom_id: 'r2' },
    { id: 'k2b', school_id: 's2', classroom_id: 'r2b' },
  ],
  teachers: [
    { id: 'a0', school_id: 's0', role: 'assistant' },
    { id: 't0', school_id: 's0', role: 'lead' },
    { id: 't9', school_id: 's9', role: 'lead' },
    { id: 'admin', school_id: null, role: 'county_admin' },
  ],
  subjects: [{ id: 'art' }],
} as unknown as Choices;

function ready(): Draft {
  return {
    ...withLead(newDraft({ weekday: 3, period: PERIOD, communityId: 'c1' }, CHOICES), 't0', CHOICES),
    subjectId: 'art',
  };
}

test('a community brings one room of each point, and the class that is at home there alone', () => {
  const draft = withCommunity(newDraft({ weekday: 1, period: PERIOD }, CHOICES), 'c1', CHOICES);
  expect(draft.rooms).toEqual(['r1', 'r2']);
  expect([...draft.classes]).toEqual([['k1', 'r1']]);
});

test('a teacher brings the only room of her school and its class, which leaves again where she has no pupils', () => {
  const draft = ready();
  expect([draft.leadRoomId, draft.classes.get('k0')]).toEqual(['r0', 'r0']);
  const alone = withMode(draft, 'delivery', CHOICES);
  expect([...alone.classes.keys()]).toEqual(['k1']);
  expect(withMode(alone, 'blended', CHOICES).classes.get('k0')).toBe('r0');
});

test('a cell of a class grid begins with its community, its room and the class itself', () => {
  const draft = newDraft({ weekday: 2, period: PERIOD, classId: 'k1' }, CHOICES);
  expect([draft.communityId, draft.weekday, draft.period, draft.rooms]).toEqual(['c1', 2, '2', ['r1', 'r2']]);
  const shared = newDraft({ weekday: 2, period: null, roomId: 'r2b' }, CHOICES);
  expect([shared.communityId, shared.period]).toEqual(['', '']);
  const chosen = newDraft({ weekday: 2, period: null, communityId: 'c2', roomId: 'r2b' }, CHOICES);
  expect([chosen.rooms, [...chosen.classes]]).toEqual([['r2b'], [['k2b', 'r2b']]]);
});

test('a room takes its classes along when it leaves', () => {
  const draft = toggleRoom(ready(), 'r1', CHOICES);
  expect([draft.rooms, draft.classes.has('k1')]).toEqual([['r2'], false]);
  expect(toggleClass(draft, 'k2', 'r2').classes.get('k2')).toBe('r2');
  expect(toggleClass(toggleClass(draft, 'k2', 'r2'), 'k2', 'r2').classes.has('k2')).toBe(false);
});

test('who may lead and which rooms may listen follow from the community', () => {
  expect(leadsIn('c1', CHOICES).map(({ id }) => id)).toEqual(['t0', 'a0']);
  expect(remoteRooms(ready(), CHOICES).map(({ id }) => id)).toEqual(['r1', 'r2', 'r2b']);
  expect(classesFor('r2b', CHOICES).map(({ id }) => id)).toEqual(['k2b', 'k2', 'k2x']);
});

test('what is missing is named, the first thing first', () => {
  const draft = ready();
  expect(missingIn(draft)).toBeNull();
  expect(missingIn({ ...draft, subjectId: '' })).toBe('subject');
  expect(missingIn({ ...draft, communityId: '' })).toBe('community');
  expect(missingIn({ ...draft, leadId: '' })).toBe('lead');
  expect(missingIn({ ...draft, period: '' })).toBe('time');
  expect(missingIn({ ...draft, period: 'own', starts: '08:00', ends: '' })).toBe('time');
  expect(missingIn({ ...draft, period: 'own', starts: '08:00', ends: '08:40' })).toBeNull();
  expect(missingIn({ ...draft, rooms: [] })).toBe('rooms');
  expect(missingIn({ ...draft, rooms: ['r1', 'r2', 'r2b', 'r9'] })).toBe('tooManyRooms');
  expect(missingIn({ ...draft, weekRule: 'typed' })).toBe('weeks');
});

test('the request has a period or a time of its own, and weeks as the server reads them', () => {
  const draft = ready();
  expect(formOf({ ...draft, weekRule: 'odd' })).toEqual({
    community_id: 'c1',
    weekday: 3,
    period: 2,
    starts_min: null,
    ends_min: null,
    weeks: '1-60 odd',
    subject_id: 'art',
    title: '',
    lead_id: 't0',
    lead_room_id: 'r0',
    mode: 'blended',
    rooms: ['r1', 'r2'],
    classes: [
      { class_id: 'k1', classroom_id: 'r1' },
      { class_id: 'k0', classroom_id: 'r0' },
    ],
  });
  const own = formOf({ ...draft, period: 'own', starts: '8:05', ends: '08:45', weekRule: 'typed', weeks: ' 1-8 ' });
  expect([own.period, own.starts_min, own.ends_min, own.weeks]).toEqual([null, 485, 525, '1-8']);
});

test('an entry that is opened and saved unchanged stays the same', () => {
  const entry: Entry = {
    id: 'e',
    term_id: 't',
    community_id: 'c1',
    weekday: 5,
    period: null,
    starts_min: 600,
    ends_min: 640,
    weeks: '1-60 even',
    subject_id: 'art',
    title: '水彩',
    lead_id: 't0',
    lead_room_id: null,
    mode: 'delivery',
    rooms: ['r1'],
    classes: [{ class_id: 'k1', classroom_id: 'r1' }],
  };
  expect(formOf(draftOf(entry))).toEqual(formOfEntry(entry));
  expect(formOf(draftOf({ ...entry, weeks: '1,3', period: 4, starts_min: null, ends_min: null }))).toMatchObject({
    weeks: '1,3',
    period: 4,
    starts_min: null,
  });
});
