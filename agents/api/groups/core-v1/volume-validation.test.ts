import { expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import { validateVolumes } from './volume-validation.ts'

const problems = (...volumes: object[]) => fieldErrorsText(validateVolumes(volumes as never, 'v').errors)

test('what is wrong with the source is said before what is wrong with the name', () => {
  expect(problems({ name: '', persistentVolumeClaim: { claimName: '' } })).toBe('[v[0].persistentVolumeClaim.claimName: Required value, v[0].name: Required value]')
})

test('the claim of an ephemeral volume is judged as a claim', () => {
  expect(problems({ name: 'a', ephemeral: {} })).toBe('v[0].ephemeral.volumeClaimTemplate: Required value')
  expect(problems({ name: 'a', ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } } } })).toBe('[]')
  expect(problems({ name: 'a', ephemeral: { volumeClaimTemplate: { spec: {} } } })).toBe('[v[0].ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required, v[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value]')
})
