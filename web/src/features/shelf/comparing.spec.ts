import { expect, test } from 'vitest'
import { best, differs } from './comparing'

const row = { key: 'price', texts: ['1', '2', '1'], numbers: [1, 2, 1] }

test('the best of a row may be several', () => {
  expect([...best({ ...row, better: 'less' })]).toEqual([0, 2])
  expect([...best({ ...row, better: 'more' })]).toEqual([1])
})

test('nothing is best where all are alike, one alone is stated, or neither way is better', () => {
  expect(best({ ...row, numbers: [1, 1, 1], better: 'less' }).size).toBe(0)
  expect(best({ ...row, numbers: [1, null, null], better: 'less' }).size).toBe(0)
  expect(best(row).size).toBe(0)
})

test('only cars for sale compete: a sold one is never the best, nor does one alone win', () => {
  const numbers = [1, 3, 2]
  expect([...best({ ...row, numbers, competing: [false, true, true], better: 'less' })]).toEqual([
    2,
  ])
  expect(best({ ...row, numbers, competing: [true, false, false], better: 'less' }).size).toBe(0)
})

test('what is not stated differs from what is', () => {
  expect(differs({ key: 'a', texts: ['x', null] })).toBe(true)
  expect(differs({ key: 'a', texts: ['x', 'x'] })).toBe(false)
})
