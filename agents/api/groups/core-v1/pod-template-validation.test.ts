import { expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import { validatePodTemplateFor, type ReplicatingKind } from './pod-template-validation.ts'

const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i', imagePullPolicy: 'Always', terminationMessagePolicy: 'File' }], dnsPolicy: 'ClusterFirst', restartPolicy: 'Always' } }
const problems = (kind: ReplicatingKind, selector: object | undefined, change: object = {}) => fieldErrorsText(validatePodTemplateFor(kind, selector as never, { ...template, ...change } as never, 'spec'))

test.each(['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'] as const)('PT1 the selector of a %s selects its pods', kind => {
  expect(problems(kind, { matchLabels: { app: 'a' } })).toBe('[]')
  expect(problems(kind, { matchLabels: { app: 'b' } })).toBe('spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`')
})

test('PT1 a selector that cannot be understood is quoted whole, and hides what the template has', () => {
  const broken = { matchExpressions: [{ key: 'app', operator: 'Near' }] }
  expect(problems('Deployment', broken)).toBe('[spec.selector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator, spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Near"}]}: invalid label selector]')
  expect(problems('StatefulSet', broken)).toMatch(/spec.selector: Invalid value: \{.*\}\]$/)
  expect(problems('DaemonSet', broken)).toBe('spec.selector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator')
})

test('PT2 each kind says its own name', () => {
  const spec = { ...template.spec, activeDeadlineSeconds: 5 }
  expect((['DaemonSet', 'Deployment', 'StatefulSet'] as const).map(kind => problems(kind, { matchLabels: { app: 'a' } }, { spec }))).toEqual(['DaemonSet', 'ReplicaSet', 'StatefulSet'].map(word => `spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ${word} is not Supported`))
})
