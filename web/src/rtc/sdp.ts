/** The one change this page makes to a session description. Pure. */

/** Low speech goes in packets of 60 ms: a third of the header bytes of the usual 20 (RFC 7587, section 6.1, `ptime`). */
const LONG_PACKET_MS = 60;

/** The answer with a long packet time in the m-section `index`, unless the server said one itself. */
export function withLongPackets(answer: string, index: number): string {
  const sections = answer.split(/^(?=m=)/m);
  const section = sections[index + 1];
  if (section === undefined || /^a=ptime:/m.test(section)) return answer;
  sections[index + 1] =
    `${section.replace(/(\r?\n)?$/, '\r\n')}a=ptime:${LONG_PACKET_MS}\r\na=maxptime:${LONG_PACKET_MS}\r\n`;
  return sections.join('');
}
