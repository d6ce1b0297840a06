import { expect, test } from 'vitest'
import { readUnderlayRoutes } from './underlay-routes.ts'

test('each network lies behind its router', () => {
  expect(readUnderlayRoutes('172.31.0.0/24=172.30.0.1,172.32.0.0/24=172.30.0.2', 'lan0')).toEqual([
    { to: '172.31.0.0/24', via: '172.30.0.1', device: 'lan0', onlink: false, source: null },
    { to: '172.32.0.0/24', via: '172.30.0.2', device: 'lan0', onlink: false, source: null },
  ])
  expect(readUnderlayRoutes('', 'lan0')).toEqual([])
})

test('anything else is refused by name', () => {
  for (const wrong of ['172.31.0.0/24', '172.31.0.0=172.30.0.1', '172.31.0.0/24=router', '172.31.0.0/24=172.30.0.1=x']) expect(() => readUnderlayRoutes(wrong, 'lan0')).toThrow(`"${wrong}"`)
})
