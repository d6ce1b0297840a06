import { expect, test } from 'vitest'
import { setPodTemplateDefaults } from './pod-spec-defaults.ts'
import type { PodTemplateSpec } from './types.ts'

test('PF5 a stop signal is left out of every kind of container, and a lifecycle that says nothing else with it', () => {
  const preStop = { exec: { command: ['sync'] } }
  const template = {
    spec: {
      initContainers: [{ name: 'sidecar', image: 'a:1', restartPolicy: 'Always', lifecycle: { stopSignal: 'SIGINT', preStop } }],
      containers: [{ name: 'main', image: 'a:1', lifecycle: { stopSignal: 'SIGUSR1' } }, { name: 'other', image: 'a:1', lifecycle: {} }],
    },
  } as unknown as PodTemplateSpec
  setPodTemplateDefaults(template)
  expect(template.spec!.initContainers![0]!.lifecycle).toEqual({ preStop })
  expect(template.spec!.containers[0]).not.toHaveProperty('lifecycle')
  expect(template.spec!.containers[1]!.lifecycle).toEqual({})
})
