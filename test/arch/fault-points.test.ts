/** Faults name points of components across a wire that no compiler sees: here each of them is set where it will be met. */
import { beforeAll, expect, test } from 'vitest'
import '../../agents/control-plane/apiserver/admission/faulty-admission.ts'
import '../../agents/control-plane/apiserver/filters/request-faults.ts'
import '../../agents/control-plane/apiserver/registry/watches.ts'
import '../../agents/control-plane/apiserver/storage/faulty-storage.ts'
import '../../agents/control-plane/apiserver/webhooks/webhook-client.ts'
import '../../agents/control-plane/cloud-controller-manager/provider/faulty-cloud.ts'
import '../../agents/control-plane/etcd/log/faulty-log.ts'
import '../../agents/control-plane/etcd/rpc/lease-service.ts'
import '../../agents/control-plane/etcd/store.ts'
import '../../agents/control-plane/scheduler/framework/faulty-plugins.ts'
import '../../agents/control-plane/scheduler/scheduler.ts'
import '../../agents/machinery/controller.ts'
import '../../agents/machinery/informer.ts'
import '../../agents/machinery/rest-client.ts'
import '../../agents/node/dns/answers/answer-faults.ts'
import '../../agents/node/kube-proxy/model/rule-faults.ts'
import '../../agents/node/kubelet/cri/remote-calls.ts'
import '../../agents/node/kubelet/cri/task-events.ts'
import '../../agents/node/kubelet/probes/probe-manager.ts'
import '../../agents/node/overlay/backends/faulty-network.ts'
import '../../agents/runtime/fault-clock.ts'
import { FakeClock } from '../../agents/base/fake-clock.ts'
import { faultPoints } from '../../agents/base/fault-points.ts'
import type { FaultTarget } from '../../electron/contract/faults.ts'
import type { Fault, HookRule } from '../../electron/labhost/drills/fault.ts'
import { faults } from '../../electron/labhost/drills/fault-kinds.ts'
import { readParameters } from '../../electron/labhost/drills/read-order.ts'
import { FakeWorld } from '../../electron/labhost/drills/testing/fake-world.ts'

const set = new Map<string, { readonly component: string; readonly rule: HookRule }>()
/** What every parameter that narrows a rule is given, so that each attribute is named once. */
const narrow = { controller: 'job-controller', plugin: 'NodeName', key: '/registry/pods/default/web', user: 'jane', change: 'a=b' }

beforeAll(async () => {
  faultPoints.begin({ clock: new FakeClock(), random: { next: () => 0 }, crash() {} })
  for (const fault of faults) {
    const world = new FakeWorld()
    world.hook = (component, _id, rule) => {
      set.set(fault.kind.name, { component, rule: rule as HookRule })
      return Promise.resolve()
    }
    const target = targetOf(fault)
    if (target === undefined) continue
    const given = Object.fromEntries(fault.kind.parameters.map(({ name, type, ...rest }) => [name, type === 'text' ? (name in narrow ? narrow[name as keyof typeof narrow] : rest.default === '' ? 'x' : String(rest.default)) : rest.default]))
    await fault.inject(world, { id: 'fault-1', target, parameters: readParameters(fault.kind, given), memory: { network: '10.244.1', before: null }, leftMs: null }).catch(() => {})
  }
})

function targetOf({ kind }: Fault): FaultTarget | undefined {
  if (kind.target === 'component') return { type: 'component', name: kind.components?.[0] ?? 'etcd' }
  return kind.target === 'node' ? { type: 'node', name: 'node-1' } : undefined
}

test('every rule of a fault is one that its point takes, with every attribute it can be narrowed by', () => {
  expect(set.size).toBeGreaterThan(70)
  for (const [name, { rule }] of set) {
    expect(() => faultPoints.set({ id: name, match: {}, percent: 100, parameters: {}, ...rule }, 1_000), name).not.toThrow()
    faultPoints.remove(name)
  }
})

test('every point is used by a fault', () => {
  expect([...new Set([...set.values()].map(({ rule }) => rule.point))].sort()).toEqual(faultPoints.points.map(({ name }) => name))
})
