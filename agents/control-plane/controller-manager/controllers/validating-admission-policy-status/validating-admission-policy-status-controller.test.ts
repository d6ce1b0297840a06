import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { ValidatingAdmissionPolicySpec } from '../../../../api/groups/admissionregistration-v1/types.ts'
import { validatingAdmissionPolicies } from '../../../../api/resources.ts'
import { validatingAdmissionPolicyStatusController } from './validating-admission-policy-status-controller.ts'

const rule = (group: string, resource: string) => ({ apiGroups: [group], apiVersions: ['v1'], resources: [resource], operations: ['*'] })
const policy = (spec: Partial<ValidatingAdmissionPolicySpec>, generation = 1) => ({ metadata: { name: 'p', generation }, spec: { matchConstraints: { resourceRules: [rule('apps', 'deployments')] }, ...spec }, status: {} })

async function statusOf(spec: Partial<ValidatingAdmissionPolicySpec>) {
  await using scene = createControllerScene()
  await scene.start(validatingAdmissionPolicyStatusController)
  scene.cluster.put(validatingAdmissionPolicies, policy(spec) as never)
  await scene.settle()
  return scene.cluster.peek(validatingAdmissionPolicies, { name: 'p' })!.status
}

describe('validating admission policy status', () => {
  it('VS1: a policy without mistakes is seen, and only that', async () => {
    expect(await statusOf({ validations: [{ expression: 'object.spec.replicas < 5 && has(object.metadata.labels) && object.spec.template.spec.containers.all(c, c.image.startsWith("x"))' }] })).toMatchObject({ observedGeneration: 1, typeChecking: {} })
  })

  it('TC1: says what does not fit which kind, in messages too', async () => {
    const status = await statusOf({
      matchConstraints: { resourceRules: [rule('apps', 'deployments'), rule('', 'pods'), rule('', 'pods/status'), { ...rule('batch', 'jobs'), apiGroups: ['*'] }] },
      variables: [{ name: 'count', expression: 'object.spec.replicas' }],
      validations: [{ expression: 'variables.count > 1' }, { expression: 'true', messageExpression: '"x" + object.spec.replicas' }],
    })
    expect(status.typeChecking!.expressionWarnings!.map(warning => warning.fieldRef)).toEqual(['spec.validations[0].expression', 'spec.validations[1].messageExpression'])
    expect(status.typeChecking!.expressionWarnings![0]!.warning).toMatch(/^\/v1, Kind=Pod: compilation failed: ERROR: <input>:1:10: undefined field 'count'/)
    expect(status.typeChecking!.expressionWarnings![1]!.warning).toMatch(/apps\/v1, Kind=Deployment: compilation failed: ERROR: <input>:1:5: found no matching overload for '_\+_' applied to '\(string, int\)'/)
  })

  it('VS2: a kind that nobody serves is left out, and the policy seen all the same', async () => {
    expect(await statusOf({ matchConstraints: { resourceRules: [rule('example.com', 'widgets')] }, validations: [{ expression: 'object.nonsense > 1' }] })).toMatchObject({ observedGeneration: 1, typeChecking: {} })
  })
})
