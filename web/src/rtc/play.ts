/** An attachment that shows a stream in a <video>: `<video {@attach play(slot.video)} playsinline muted>`. */
import type { Attachment } from 'svelte/attachments';

/** Shows `stream` without sound: the slots' sound plays by itself (rtc/sound.ts). */
export function play(stream: MediaStream): Attachment<HTMLVideoElement> {
  return (video) => {
    video.muted = true;
    video.autoplay = true;
    video.playsInline = true;
    video.srcObject = stream;
    return () => {
      video.srcObject = null;
    };
  };
}
