// A bare fan-out server on `ws`: what one member of a room sends goes to the others of it, unread.
const { WebSocketServer } = require('ws');
const rooms = new Map();
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('listening', () => console.log(server.address().port));
server.on('connection', (socket, request) => {
  const members = rooms.get(request.url) ?? new Set();
  rooms.set(request.url, members.add(socket));
  socket.on('message', (data) => {
    for (const member of members) if (member !== socket) member.send(data, { binary: false });
  });
  socket.on('close', () => members.delete(socket));
});
