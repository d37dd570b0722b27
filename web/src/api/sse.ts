/** One server-sent event. */
export interface Message {
  event: string
  data: string
}

/**
 * Return a function that is fed pieces of a text/event-stream and returns the messages completed.
 *
 * Pieces may end anywhere, even inside a line or between the two characters of a line end.
 * Comments (heartbeats) and messages without data are skipped, as the standard asks.
 */
export function messageReader(): (piece: string) => Message[] {
  let rest = ''
  let event = ''
  let data: string[] = []
  return (piece) => {
    const messages: Message[] = []
    const text = rest + piece
    // A carriage return at the very end may be half of a line end: wait for what follows.
    const usable = text.endsWith('\r') ? text.slice(0, -1) : text
    const lines = usable.split(/\r\n|\n|\r/)
    rest = (lines.pop() ?? '') + text.slice(usable.length)
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) messages.push({ event: event || 'message', data: data.join('\n') })
        event = ''
        data = []
        continue
      }
      const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? []
      if (field === 'event') event = value
      if (field === 'data') data.push(value)
    }
    return messages
  }
}
