import { describe, expect, test } from 'vitest'
import { mergeAnswers, parseConversation, renderConversation } from './conversation.ts'
import type { Command } from './conversation.ts'

const said = (stdout: string) => ({ stdout, stderr: '', code: 0 })
const commandOf = (text: string) => parseConversation(text).entries[0] as Command
const merged = (text: string, given: Record<number, string>, olderOnly = false) => renderConversation([mergeAnswers(commandOf(text), new Map(Object.entries(given).map(([minor, stdout]) => [Number(minor), said(stdout)])), olderOnly)])

describe('what versions answered', () => {
  test('CV5 ranges, errors and exit codes survive the way there and back', () => {
    const text = '@>=1.31\n$ kubectl x\n@<=1.33\n  a\n\n  b\n@1.34..1.35\n! no\n? 1\n@>=1.36\n  c\n'
    expect(renderConversation(parseConversation(text).entries)).toBe(text)
  })

  test('CV6 the newest alone speaks for all, until others are known', () => {
    expect(merged('$ x\n  old\n', { 36: 'new' })).toBe('$ x\n  new\n')
    expect(merged('$ x\n@<=1.33\n  old\n@>=1.34\n  young\n', { 36: 'new' })).toBe('$ x\n@<=1.33\n  old\n@>=1.34\n  new\n')
  })

  test('CV6 an older one asked alone leaves the younger as they stand', () => {
    expect(merged('$ x\n  new\n', { 33: 'old' }, true)).toBe('$ x\n@<=1.33\n  old\n@>=1.34\n  new\n')
    expect(merged('$ x\n@<=1.33\n  old\n@>=1.34\n  new\n', { 32: 'older' }, true)).toBe('$ x\n@<=1.32\n  older\n@1.33..1.33\n  old\n@>=1.34\n  new\n')
  })

  test('CV6 versions between two that were asked follow the younger, the youngest those that are not known', () => {
    expect(merged('$ x\n  old\n', { 33: 'old', 36: 'new' })).toBe('$ x\n@<=1.33\n  old\n@>=1.34\n  new\n')
  })
})
