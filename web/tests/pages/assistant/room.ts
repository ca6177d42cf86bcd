import type { RoomNow } from '@/api/schema.gen';

/** A room of the assistant's with these devices, and nothing wrong. */
export function room(id: string, devices: RoomNow['devices'] = []): RoomNow {
  return {
    id,
    name: '',
    code: '',
    profile: 'simple',
    school_id: '',
    school: '',
    state: 'green',
    faults: [],
    devices,
  };
}
