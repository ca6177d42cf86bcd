/** Which small picture shows how a fault is put right, and the pictures themselves: lines on a grid of 48 x 48. */

export type FixName =
  | 'plug'
  | 'lens'
  | 'turn'
  | 'allow'
  | 'busy'
  | 'lock'
  | 'knob'
  | 'mute'
  | 'remote'
  | 'cable'
  | 'clock'
  | 'screen'
  | 'disk';

/** One list of path data each: the first are thin lines of the thing, the last two, drawn bright, are what to do. */
export const FIXES: Readonly<Record<FixName, { readonly thing: readonly string[]; readonly act: readonly string[] }>> =
  {
    plug: {
      thing: ['M26 14h18v20H26Z', 'M34 20v8', 'M4 20h10v8H4Z', 'M14 22h5v4h-5'],
      act: ['M8 38h16', 'm19 33 5 5-5 5'],
    },
    lens: {
      thing: ['M4 14h28v24H4Z', 'm32 22 12-7v22l-12-7', 'M18 19a7 7 0 1 0 0 14 7 7 0 0 0 0-14Z'],
      act: ['M10 8c4-4 12-4 16 0', 'm22 4 4 4-4 4'],
    },
    turn: {
      thing: ['M14 26h20v14H14Z', 'M18 40v4h12v-4', 'M24 29.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7Z'],
      act: ['M10 20c2-8 8-13 15-13 6 0 11 3 13 9', 'm40 8-1.500 8.500-8-2'],
    },
    allow: {
      thing: ['M4 8h40v32H4Z', 'M4 17h40', 'M9 12.500h.1'],
      act: ['m14 29 7 7 14-15'],
    },
    busy: {
      thing: ['M4 14h26v24H4Z', 'M4 21h26', 'M14 8h30v24h-8'],
      act: ['m12 25 9 9', 'm21 25-9 9'],
    },
    lock: {
      thing: ['M10 22h28v20H10Z', 'M24 30v5'],
      act: ['M16 22v-7a8 8 0 0 1 16 0v7'],
    },
    knob: {
      thing: ['M24 12a14 14 0 1 0 0 28 14 14 0 0 0 0-28Z', 'M24 26 14 34'],
      act: ['M36 8a20 20 0 0 0-24 0', 'M12 2v6h6'],
    },
    mute: {
      thing: ['M24 5a6 6 0 0 0-6 6v10a6 6 0 0 0 12 0V11a6 6 0 0 0-6-6Z', 'M11 21a13 13 0 0 0 26 0', 'M24 34v6'],
      act: ['M14 44h20', 'm28 39 6 5-6 4'],
    },
    remote: {
      thing: ['M16 3h16v42H16Z', 'M24 10h.1', 'M20 34h8', 'M20 39h8'],
      act: ['M24 17v10', 'M19 22h10'],
    },
    cable: {
      thing: ['M4 6h18v14H4Z', 'M9 20v5h8v-5', 'M13 25v8a6 6 0 0 0 6 6h9', 'M28 34h16v10H28Z'],
      act: ['m30 8 12 12', 'M42 12v8h-8'],
    },
    clock: {
      thing: ['M24 6a18 18 0 1 0 0 36 18 18 0 0 0 0-36Z'],
      act: ['M24 14v10l7 5'],
    },
    screen: {
      thing: ['M4 8h40v26H4Z', 'M16 42h16', 'M24 34v8'],
      act: ['M11 20v-6h6', 'M37 22v6h-6'],
    },
    disk: {
      thing: ['M6 14c0-4 8-7 18-7s18 3 18 7-8 7-18 7-18-3-18-7Z', 'M6 14v20c0 4 8 7 18 7s18-3 18-7V14'],
      act: ['m17 28 14 0'],
    },
  };

const BY_CAUSE: Readonly<Record<string, FixName>> = {
  missing: 'plug',
  failed: 'plug',
  denied: 'allow',
  busy: 'busy',
  insecure: 'lock',
  'camera.black': 'lens',
  'camera.blurred': 'lens',
  'camera.frozen': 'plug',
  'camera.turned': 'turn',
  'microphone.silent': 'mute',
  'microphone.clipping': 'knob',
  'speaker.blocked': 'remote',
  'speaker.unheard': 'remote',
  'speaker.late': 'remote',
  'speaker.echo': 'knob',
  'clock.wrong': 'clock',
  'disk.full': 'disk',
  'lesson.not_started': 'clock',
  'lesson.recording': 'disk',
  'room.silent': 'cable',
  'room.no_device': 'plug',
  'room.not_in_class': 'screen',
  'server.disk_full': 'disk',
  'server.disk_low': 'disk',
  'server.certificate': 'lock',
  'server.clock': 'clock',
  'server.retention': 'disk',
};

/** The picture for a fault, by its code `part.cause`. */
export function fixFor(code: string): FixName {
  const [part = '', cause = ''] = code.split('.');
  const found = BY_CAUSE[code] ?? BY_CAUSE[cause];
  if (found) return found;
  return part === 'line' ? 'cable' : 'screen';
}
