/** By which ways media come about: UDP, TCP to the media port, the relay, each tried by itself and all at a time. */
import { send } from '@/api/send';
import { Peer } from '@/rtc/peer';
import type { IceServer } from '@/signaling/wire.gen';
import { SEND_LINES } from '@/signaling/wire.gen';
import type { LineSeen } from './figures';

type Way = 'udp' | 'tcp' | 'relay';
export type WaysSeen = Pick<LineSeen, 'media' | Way>;

/** A connection that was offered and answered. */
interface Trial {
  readonly works: Promise<boolean>;
  readonly relays: readonly IceServer[];
}

const WITHIN_MS = 8_000;
/** UDP to the relay is not tried: a network that blocks it to the media port blocks it to the relay. */
const TCP = 'transport=tcp';

export async function ways(): Promise<WaysSeen> {
  const [udp, tcp] = await Promise.all([begin('udp'), begin('tcp')]);
  const relays = (udp ?? tcp)?.relays ?? [];
  const relay = relays.length > 0 ? await begin('relay', relays) : null;
  const works = async (trial: Trial | null): Promise<boolean> => (await trial?.works) ?? false;
  const seen = { udp: await works(udp), tcp: await works(tcp), relay: relays.length > 0 ? await works(relay) : null };
  return { ...seen, media: (['udp', 'tcp', 'relay'] as const).find((way) => seen[way]) ?? 'none' };
}

/** The server's answer with the candidates of this way alone; the relay reaches the media port over UDP. */
export function only(way: Way, answer: string): string {
  const transport = way === 'tcp' ? 'tcp' : 'udp';
  const other = (row: string): boolean =>
    row.startsWith('a=candidate:') && row.split(' ')[2]?.toLowerCase() !== transport;
  return answer
    .split('\r\n')
    .filter((row) => !other(row))
    .join('\r\n');
}

/** Of the relay's addresses those that a network which blocks UDP lets through. */
export function overTcp(servers: readonly IceServer[]): IceServer[] {
  return servers
    .map((server) => ({ ...server, urls: server.urls.filter((url) => url.includes(TCP)) }))
    .filter(({ urls }) => urls.length > 0);
}

/** Opens a connection as for a lesson, which carries nothing; null where the server did not take it. */
async function begin(way: Way, relays: readonly IceServer[] = []): Promise<Trial | null> {
  let connected: (value: boolean) => void = () => undefined;
  const works = new Promise<boolean>((resolve) => {
    connected = resolve;
  });
  const by = way === 'relay' ? 'relay' : 'all';
  const changed = (state: RTCPeerConnectionState): void => {
    if (state === 'connected') connected(true);
    if (state === 'failed') connected(false);
  };
  const peer = new Peer(0, changed, () => relays, undefined, true, by);
  const timer = setTimeout(() => connected(false), WITHIN_MS);
  void works.then(() => {
    clearTimeout(timer);
    peer.close();
  });
  try {
    const nothing = Object.fromEntries(SEND_LINES.map((source) => [source, null]));
    const sdp = await peer.offer(nothing as Parameters<Peer['offer']>[0]);
    const response = await send('/api/devices/media', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sdp }),
    });
    if (!response.ok) throw new Error('no trial');
    const answer = (await response.json()) as { sdp: string; ice_servers: IceServer[] };
    await peer.accept(only(way, answer.sdp));
    return { works, relays: overTcp(answer.ice_servers) };
  } catch {
    connected(false);
    return null;
  }
}
