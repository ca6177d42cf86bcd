/** The states of devices and of the media line, as pages tell them. */

/** The media line; it too is replaced by itself, for ever. */
export type MediaPhase = 'off' | 'connecting' | 'playing' | 'lost' | 'refused';

/** How pictures and sound travel: straight over UDP, straight over TCP, or through the relay. */
export type MediaWay = 'udp' | 'tcp' | 'relay';

/** Why a camera, microphone or screen could not be had. */
export type DeviceProblem = 'denied' | 'missing' | 'busy' | 'insecure' | 'failed';

export type Capture =
  | { state: 'off' }
  | { state: 'asking' }
  | { state: 'live'; label: string; deviceId: string }
  | { state: 'failed'; problem: DeviceProblem };

export interface DeviceChoice {
  readonly id: string;
  readonly label: string;
}
