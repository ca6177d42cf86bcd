/** The socket on which a screen reports once its first report was answered: a request takes the server twice as long. */
import { LONG_LINE_MS, requestsRoundTripMs } from '@/signaling/roundTrip';

const ANSWER_WITHIN_MS = 8_000;
/** Where sockets do not get through, requests do; it is tried again after a while. */
const TRY_AGAIN_MS = 300_000;

export interface LineOptions {
  readonly open?: () => WebSocket;
  readonly nowMs?: () => number;
  /** Of the line, as the page's own requests found it; 0 where unknown. */
  readonly roundTripMs?: () => number;
}

export class ReportLine {
  readonly #options: Required<LineOptions>;
  #socket: WebSocket | null = null;
  #waiting: ((answer: string | null) => void)[] = [];
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(options: LineOptions = {}) {
    this.#options = { open: toServer, nowMs: () => performance.now(), roundTripMs: requestsRoundTripMs, ...options };
  }

  /** Opens it, unless it is open or was in vain a moment ago. On a long line it would stand in the way of the lesson's. */
  open(): void {
    if (this.#options.roundTripMs() >= LONG_LINE_MS) return;
    if (this.#socket !== null || this.#options.nowMs() < this.#notBeforeMs) return;
    const socket = this.#options.open();
    this.#socket = socket;
    let opened = false;
    socket.onopen = () => {
      opened = true;
    };
    socket.onmessage = ({ data }) => this.#waiting.shift()?.(String(data));
    socket.onclose = () => {
      if (!opened) this.#notBeforeMs = this.#options.nowMs() + TRY_AGAIN_MS;
      if (this.#socket === socket) this.close();
    };
  }

  /** The server's answer to a report; null where the line is not open or ends before it: then a request is made. */
  async ask(report: string): Promise<string | null> {
    const socket = this.#socket;
    if (socket === null || socket.readyState !== socket.OPEN) return null;
    const answer = new Promise<string | null>((resolve) => this.#waiting.push(resolve));
    const silent = setTimeout(() => this.#socket === socket && this.close(), ANSWER_WITHIN_MS);
    socket.send(report);
    try {
      return await answer;
    } finally {
      clearTimeout(silent);
    }
  }

  /** Ends it; whoever waits for an answer is told that there will be none. */
  close(): void {
    const [socket, waiting] = [this.#socket, this.#waiting];
    [this.#socket, this.#waiting] = [null, []];
    socket?.close();
    for (const resolve of waiting) resolve(null);
  }
}

function toServer(): WebSocket {
  return new WebSocket(`${window.location.origin.replace(/^http/, 'ws')}/api/devices/line`);
}
