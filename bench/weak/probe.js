// What a page sees and hears (bench/weak/probe.py says what each field is). It runs before the page's own scripts.
(() => {
  const weak = window.__weak = {
    you: null, people: [], samples: [], frames: [], drawn: {}, strokes: {}, doubled: 0, compared: [],
    socketsMs: [], peersMs: [], parts: [],
  };

  const peers = [];
  let seats = [];
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, args) {
      const peer = new target(...args);
      peers.push(peer);
      weak.peersMs.push(Date.now());
      return peer;
    },
  });

  const early = new Map();
  let number = 0;
  const take = logged => {
    number = logged.number;
    early.delete(number);
    if (logged.event.type === 'stroke_drawn') weak.strokes[logged.event.id] ??= Date.now();
    const next = early.get(number + 1);
    if (next) take(next);
  };
  const inflated = data =>
    new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).text();
  const part = async data => {
    const { page = null, ids = [], points = '', complete = false } = JSON.parse(await inflated(data));
    const strokes = ids.reduce((sum, { count }) => sum + (count || 1), 0);
    const numbers = points.replace(/[_-~]/g, '').length; // one for each stroke, three for each point
    const told = { page, octets: data.byteLength, strokes, points: (numbers - strokes) / 3, complete };
    requestAnimationFrame(() => setTimeout(() => weak.parts.push({ ...told, at: Date.now() }), 0));
  };
  const get = window.fetch;
  window.fetch = async (...args) => {
    const answer = await get(...args);
    if (answer.status === 200 && /\/page\?screen=/.test(answer.url)) void answer.clone().arrayBuffer().then(part);
    return answer;
  };
  window.WebSocket = new Proxy(window.WebSocket, {
    construct(target, args) {
      weak.socketsMs.push(Date.now());
      const socket = new target(...args), send = socket.send.bind(socket), came = new Set();
      socket.send = data => {
        const message = JSON.parse(data);
        if (message.type === 'draw_stroke') weak.drawn[message.id] ??= Date.now();
        send(data);
      };
      socket.addEventListener('message', ({ data }) => {
        if (typeof data !== 'string') return void part(data);
        const message = JSON.parse(data);
        if (message.type === 'welcome') [weak.you, weak.people] = [message.you, message.people];
        if (message.type === 'board_checked') weak.compared.push({ ...message, at: Date.now() });
        if (message.type === 'view') seats = message.seats;
        if (message.type === 'snapshot') number = message.state.number;
        if (message.type !== 'event') return;
        if (came.has(message.number)) weak.doubled += 1;
        came.add(message.number);
        if (message.number > number) take(message);
      });
      return socket;
    },
  });
  const create = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (...args) {
    const channel = create.apply(this, args);
    channel.addEventListener('message', async ({ data }) => {
      for (const frame of (await inflated(data)).split('\n')) {
        const logged = JSON.parse(frame);
        if (logged.number === number + 1) take(logged);
        else if (logged.number > number) early.set(logged.number, logged);
      }
    });
    return channel;
  };

  // Slots are pairs of receive lines, audio then video (docs/protocol.md); who sits in which the last view said.
  const slotsOf = peer => {
    const received = peer.getTransceivers().filter(({ direction }) => direction === 'recvonly');
    return new Map(received.map(({ mid }, at) => [mid, Math.floor(at / 2)]));
  };
  const look = async () => {
    const sample = { at: Date.now(), audio: {}, video: {} };
    for (const [of, peer] of peers.entries()) {
      if (peer.connectionState === 'closed') continue;
      const slots = slotsOf(peer);
      for (const r of (await peer.getStats()).values()) {
        if (r.type !== 'inbound-rtp') continue;
        const seat = seats.find(({ slot }) => slot === slots.get(r.mid));
        const counts = r.kind === 'audio'
          ? [r.packetsReceived, r.totalSamplesReceived ?? 0, r.concealedSamples ?? 0]
          : [r.framesDecoded ?? 0, r.frameHeight ?? 0, 0];
        const who = seat?.[r.kind] ? seat.participant : null;
        sample[r.kind][`${of}:${r.ssrc}`] = [...counts, r.bytesReceived ?? 0, who];
      }
    }
    weak.samples.push(sample);
  };
  setInterval(() => void look(), 100);

  // Reads the stamp in the upper third of each received picture (classroom_client/rehearsal/stamp.py), four pixels a
  // block; in a worker, so that neither painting nor the page's own work hides a picture.
  const read = () => {
    const [COLUMNS, ROWS, GREY] = [16, 9, 4 * 125];
    const stampOf = (luma, { offset, stride }, width, height) => {
      let bits = 0;
      for (let row = 0; row < ROWS / 3; row++)
        for (let column = 0; column < COLUMNS; column++) {
          const [x, y] = [Math.floor((column + 0.5) * width / COLUMNS), Math.floor((row + 0.5) * height / ROWS)];
          const at = offset + y * stride + x;
          const light = luma[at - 1] + luma[at] + luma[at - stride] + luma[at - stride - 1];
          bits = bits * 2 + (light > GREY ? 1 : 0);
        }
      return bits;
    };
    const take = async frame => {
      const at = Date.now(), { width, height } = frame.visibleRect;
      const rect = { x: 0, y: 0, width: width & ~1, height: Math.ceil(height / 3) & ~1 };
      const luma = new Uint8Array(frame.allocationSize({ rect }));
      const [plane] = await frame.copyTo(luma, { rect });
      frame.close();
      self.postMessage([at, stampOf(luma, plane, width, height)]);
    };
    self.onmessage = async ({ data }) => {
      const reader = data.getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) await take(next.value);
    };
  };
  const worker = new Worker(URL.createObjectURL(new Blob([`(${read})()`], { type: 'text/javascript' })));
  worker.onmessage = ({ data }) => weak.frames.push(data);
  const watched = new WeakSet();
  setInterval(() => {
    for (const peer of peers)
      for (const { track } of peer.getReceivers()) {
        if (track.kind !== 'video' || track.readyState === 'ended' || watched.has(track)) continue;
        watched.add(track);
        const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: 20 });
        worker.postMessage(readable, [readable]);
      }
  }, 100);
})();
