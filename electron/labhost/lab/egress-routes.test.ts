import { expect, test } from 'vitest'
import type { Dialer } from '../network/egress-proxy.ts'
import { dialerFor } from './egress-routes.ts'

const networks = { podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', lanCidr: '172.30.0.0/24' }
const node = (name: string, address: string, controlLink: string, routesPods = true) => {
  const dialer: Dialer = { dial: () => Promise.reject(new Error(name)) }
  return { name, address, state: { controlLink }, routesPods, dialer: () => dialer, itsDialer: dialer }
}

test('ER1 a node is dialled through itself, by address or name, even while its line is down', () => {
  const nodes = [node('node-1', '172.30.0.11', 'up'), node('node-2', '172.30.0.12', 'down')]
  expect(dialerFor('172.30.0.12', 80, nodes, networks)).toBe(nodes[1]!.itsDialer)
  expect(dialerFor('node-1', 80, nodes, networks)).toBe(nodes[0]!.itsDialer)
})

test('ER2 pods and Services are dialled through any node whose line is up', () => {
  const nodes = [node('node-1', '172.30.0.11', 'connecting'), node('node-2', '172.30.0.12', 'up')]
  expect(dialerFor('10.244.3.7', 80, nodes, networks)).toBe(nodes[1]!.itsDialer)
  expect(dialerFor('10.96.0.10', 80, nodes, networks)).toBe(nodes[1]!.itsDialer)
  expect(dialerFor('10.96.0.10', 80, [nodes[0]!], networks)).toBeUndefined()
  expect(dialerFor('10.96.0.10', 80, [node('sim-1', '198.19.0.1', 'up', false)], networks)).toBeUndefined()
})

test('ER3 nothing outside the cluster is dialled', () => {
  const nodes = [node('node-1', '172.30.0.11', 'up')]
  for (const host of ['8.8.8.8', '127.0.0.1', '172.30.0.99', '169.254.169.254', 'example.org', '10.244.0.1.example.org']) expect(dialerFor(host, 80, nodes, networks)).toBeUndefined()
})

test('ER4 a program of the desktop is reached at its address and port only', () => {
  const nodes = [node('node-1', '172.30.0.11', 'up')]
  const program: Dialer = { dial: () => Promise.reject(new Error('program')) }
  expect(dialerFor('198.18.0.1', 4443, nodes, networks, { '198.18.0.1:4443': program })).toBe(program)
  expect(dialerFor('198.18.0.1', 4444, nodes, networks, { '198.18.0.1:4443': program })).toBeUndefined()
})
