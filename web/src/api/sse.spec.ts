import { expect, test } from 'vitest'
import { messageReader } from './sse'

const stream =
  ': beat\n\nevent: updated\ndata: {"version": 7}\n\ndata: a\r\ndata: b\r\n\r\nevent: x\n\n'
const messages = [
  { event: 'updated', data: '{"version": 7}' },
  { event: 'message', data: 'a\nb' },
]

test('reads messages, skips heartbeats and messages without data', () => {
  expect(messageReader()(stream)).toEqual(messages)
})

test('where the stream is cut does not matter', () => {
  for (let size = 1; size < stream.length; size++) {
    const read = messageReader()
    const pieces = stream.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
    expect(pieces.flatMap(read), `pieces of ${size}`).toEqual(messages)
  }
})

test('a message is not given before its empty line', () => {
  const read = messageReader()
  expect(read('data: 1\n')).toEqual([])
  expect(read('\n')).toEqual([{ event: 'message', data: '1' }])
})
