/** One Server-Sent Event. */
export type ServerEvent = { name: string; data: string };

/**
 * Cuts a Server-Sent-Events text into events. Written by hand because `EventSource` hides the comments that tell
 * that the other end is alive, and the status of a refusal.
 */
export class EventParser {
  #rest = '';

  push(text: string): ServerEvent[] {
    const blocks = (this.#rest + text).replaceAll('\r\n', '\n').split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => parse(block));
  }
}

function parse(block: string): ServerEvent[] {
  let name = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [field = '', ...rest] = line.split(':');
    const value = rest.join(':').replace(/^ /, '');
    if (field === 'event') name = value;
    else if (field === 'data') data.push(value);
  }
  return data.length > 0 ? [{ name, data: data.join('\n') }] : [];
}
