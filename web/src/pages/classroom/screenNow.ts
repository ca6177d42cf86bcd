/** How this screen is while it is in a lesson, for its report. */
import type { Capture, Lesson } from '@/room/interface';
import type { ScreenNow } from './reporter';

/** lessonId: told only while the lesson is really reached. catchingUp: it plays what it missed. */
export function screenIn(lesson: Lesson, lessonId: string, catchingUp: boolean): ScreenNow {
  const { connection } = lesson;
  return {
    camera: partOf(lesson.camera.capture),
    microphone: partOf(lesson.microphone.capture),
    sound: lesson.soundBlocked ? 'blocked' : 'ok',
    level: Math.round(lesson.microphone.level),
    lesson: connection.phase === 'open' ? lessonId : null,
    rung: lesson.person(lesson.you?.id)?.rung ?? null,
    ...(catchingUp && { catching_up: true }),
  };
}

function partOf(capture: Capture): ScreenNow['camera'] {
  if (capture.state === 'failed') return capture.problem;
  return capture.state === 'live' ? 'ok' : 'unknown';
}
