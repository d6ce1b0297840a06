import { describe, expect, test } from 'vitest'
import { kubectlCommand } from './kubectl-command.ts'

const deployments = { group: 'apps', resource: 'deployments', kind: 'Deployment', namespaced: true }
const nodes = { group: '', resource: 'nodes', kind: 'Node', namespaced: false }

describe('the command for a click', () => {
  test('names the group, so that it means the same kind, and the namespace', () => {
    expect(kubectlCommand(deployments, { type: 'list', namespace: null })).toBe('kubectl get deployments.apps -A')
    expect(kubectlCommand(deployments, { type: 'scale', namespace: 'shop', name: 'web', replicas: 3 })).toBe('kubectl scale deployments.apps/web -n shop --replicas=3')
  })

  test('a kind without namespaces has none', () => {
    expect(kubectlCommand(nodes, { type: 'describe', namespace: null, name: 'node-1' })).toBe('kubectl describe nodes node-1')
  })
})
