import { expect, test } from 'vitest'
import { type WhatIfPod, type WhatIfReply, whatIfText } from './what-if-text.ts'

const reply = (answers: readonly WhatIfPod[], more: Partial<WhatIfReply> = {}): WhatIfReply => ({ pods: answers.length, placed: answers.filter(({ node }) => node !== null).length, answers, ...more })
const placed = (pod: string, node: string): WhatIfPod => ({ pod, node, message: `would be assigned to ${node}`, preemption: null, cures: [] })

test('pods that would be placed are a table', () => {
  expect(whatIfText(reply([placed('default/web-0', 'node-1'), placed('default/web-1', 'node-2')], { leftOut: ['Service/web'] }))).toBe(`POD             NODE
default/web-0   node-1
default/web-1   node-2

2 of 2 would be placed
left out, because they make no pods: Service/web`)
})

test('pods that fit nowhere are explained once with what would let them in', () => {
  const stuck = (pod: string): WhatIfPod => ({
    pod, node: null, message: '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s).',
    preemption: { node: 'node-1', victims: ['default/low'], budgetViolations: 0 },
    cures: [
      { plugin: 'NodeResourcesFit', nodes: 1, reasons: ['Insufficient cpu'], cures: [{ kind: 'free-resource', node: 'node-1', resource: 'cpu', amount: '100m' }] },
      { plugin: 'TaintToleration', nodes: 1, reasons: ['tainted'], cures: [{ kind: 'toleration', node: 'node-2', taint: { key: 'k', value: 'v', effect: 'NoSchedule' } }] },
    ],
  })
  expect(whatIfText(reply([stuck('default/web-0'), stuck('default/web-1')]))).toBe(`POD             NODE
default/web-0   -
default/web-1   -

0 of 2 would be placed

default/web-0 and 1 more: 0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s).
  preemption would make room on node-1 by evicting default/low
  NodeResourcesFit rejects 1 node; it would not
    with 100m more cpu free on node-1
  TaintToleration rejects 1 node; it would not
    if the pod tolerated k=v:NoSchedule on node-2`)
})

test('a cure that is not known here is shown as it is', () => {
  const odd: WhatIfPod = { pod: 'default/p', node: null, message: 'no', preemption: null, cures: [{ plugin: 'Mine', nodes: 3, reasons: [], cures: [{ kind: 'moon', phase: 'full' }] }] }
  expect(whatIfText(reply([odd]))).toContain('Mine rejects 3 nodes; it would not\n    {"kind":"moon","phase":"full"}')
})
