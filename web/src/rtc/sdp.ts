/** The changes this page makes to a session description. Pure. */

/** Low speech goes in packets of 60 ms: a third of the header bytes of the usual 20 (RFC 7587, section 6.1, `ptime`). So does a
 *  voice that has a very thin line to itself: of 64 kbit/s it takes 44 in packets of 20 ms, and 26 in these. */
const LONG_PACKET_MS = 60;

/** The answer with a long packet time in the m-section `index`, unless the server said one itself. */
export function withLongPackets(answer: string, index: number): string {
  return withSection(answer, index, (section) => {
    if (/^a=ptime:/m.test(section)) return section;
    return `${section.replace(/(\r?\n)?$/, '\r\n')}a=ptime:${LONG_PACKET_MS}\r\na=maxptime:${LONG_PACKET_MS}\r\n`;
  });
}

/** The answer with RED (RFC 2198) as the first codec of the m-section `index`; as it is where it was not agreed on. */
export function withRedundantFirst(answer: string, index: number): string {
  return withSection(answer, index, (section) => {
    const red = /^a=rtpmap:(\d+) red\/48000/m.exec(section)?.[1];
    if (red === undefined) return section;
    return section.replace(/^(m=audio \d+ \S+)((?: \d+)+)/, (_, head: string, types: string) => {
      const others = types.split(' ').filter((type) => type !== '' && type !== red);
      return [head, red, ...others].join(' ');
    });
  });
}

function withSection(sdp: string, index: number, changed: (section: string) => string): string {
  const sections = sdp.split(/^(?=m=)/m);
  const section = sections[index + 1];
  if (section === undefined) return sdp;
  sections[index + 1] = changed(section);
  return sections.join('');
}
