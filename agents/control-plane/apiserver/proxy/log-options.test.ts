import { expect, test } from 'vitest'
import { ApiError } from '../http/api-error.ts'
import { readLogRequest } from './log-options.ts'

const read = (query: string) => {
  try {
    return readLogRequest(new URLSearchParams(query), 'p').kubeletQuery
  } catch (error) {
    return error instanceof ApiError ? `${error.code} ${error.message}` : String(error)
  }
}

test.each([
  ['', ''],
  ['container=c&follow=true&previous=false&timestamps=1', '?follow=true&timestamps=true'],
  ['tailLines=5&limitBytes=10&sinceSeconds=60', '?sinceSeconds=60&tailLines=5&limitBytes=10'],
  ['sinceTime=2026-01-01T00:00:00Z', '?sinceTime=2026-01-01T00%3A00%3A00Z'],
  ['tailLines=0', '?tailLines=0'],
  ['tailLines=-1', '422 PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0'],
  ['limitBytes=0', '422 PodLogOptions "p" is invalid: limitBytes: Invalid value: 0: must be greater than 0'],
  ['sinceSeconds=0', '422 PodLogOptions "p" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0'],
  ['stream=All', '422 PodLogOptions "p" is invalid: stream: Forbidden: may not be specified'],
  ['tailLines=x', '400 strconv.ParseInt: parsing "x": invalid syntax'],
  ['limitBytes=99999999999999999999', '400 strconv.ParseInt: parsing "99999999999999999999": value out of range'],
])('LO1 LO2 LO3 %s asks the kubelet for %s', (query, expected) => {
  expect(read(query)).toBe(expected)
})

test('LO1 LO2 what cannot be combined is named', () => {
  expect(read('sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z')).toContain('Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified')
  expect(read('sinceTime=yesterday')).toMatch(/^400 parsing time "yesterday"/)
  expect(readLogRequest(new URLSearchParams('insecureSkipTLSVerifyBackend=true'), 'p')).toEqual({ kubeletQuery: '', skipsVerification: true })
})
