/** Keeps this screen lit while a lesson is shown; asks again each time the page becomes visible. Returns the way to stop. */
export function keepAwake(): () => void {
  let sentinel: WakeLockSentinel | null = null;
  let stopped = false;

  const ask = async (): Promise<void> => {
    if (stopped || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    try {
      sentinel = await navigator.wakeLock.request('screen');
      if (stopped) await sentinel.release();
    } catch {
      sentinel = null; // the system refuses, e.g. on a low battery: the lesson goes on under its rules
    }
  };
  const onVisible = (): void => void ask();

  void ask();
  document.addEventListener('visibilitychange', onVisible);
  return () => {
    stopped = true;
    document.removeEventListener('visibilitychange', onVisible);
    void sentinel?.release();
  };
}
