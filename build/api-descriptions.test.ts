import { expect, test } from 'vitest'
import { chooseWords, modelNamesOf, readApiDescriptions, readInterfaces, readModel, readParameters } from './api-descriptions.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

test('AD1 a model is named for version and kind, with the group first where it has one', () => {
  expect(modelNamesOf('io.k8s.api.core.v1.Event')).toEqual(['CoreV1Event', 'V1Event'])
  expect(modelNamesOf('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference')).toEqual(['ApiextensionsV1ServiceReference', 'V1ServiceReference'])
  expect(modelNamesOf('io.k8s.apimachinery.pkg.version.Info')).toContain('VersionInfo')
})

test('AD4 comments of a model, unescaped', () => {
  const model = "/**\n* A thing.\n*/\nexport declare class V1Thing {\n    /**\n    * Its owner\\'s &quot;name&quot; &#x3D; 1.\n    */\n    '_from'?: string;\n    'bare': string;\n}\n"
  expect(readModel(model)).toEqual({ description: 'A thing.', fields: { _from: 'Its owner\'s "name" = 1.' } })
})

test('AD3 parameters of a method, not of its neighbours', () => {
  const api = '    /**\n     * list\n     * @param _continue The token\n     * @param body\n     */\n    listThings(a: string): void;\n    /**\n     * @param other Not this\n     */\n    listOthers(): void;\n'
  expect(readParameters(api, 'listThings')).toEqual({ continue: 'The token' })
  expect(readParameters(api, 'gone')).toEqual({})
})

test('AD5 comments of interfaces keep their lines', () => {
  const file = '/** A thing. */\nexport interface Thing {\n    /**\n     * One.\n     *\n     * Two.\n     */\n    readonly status?: string;\n    /** Dashed. */\n    "x-a"?: string;\n}\n'
  expect(readInterfaces(file).get('Thing')).toEqual({ description: 'A thing.', fields: { status: 'One.\n\nTwo.', 'x-a': 'Dashed.' } })
})

test('AD5 newer words win, unless the older are the same in lines', () => {
  expect(chooseWords('One.  Two.', 'One.\n\nTwo.')).toBe('One.\n\nTwo.')
  expect(chooseWords('New.', 'Old.')).toBe('New.')
  expect(chooseWords(undefined, 'Old.')).toBe('Old.')
})

test('AD2 the packages that are installed describe what kubectl explain asks for', () => {
  const described = readApiDescriptions()
  const field = (type: string, name: string) => described[type]?.fields?.[name] ?? ''
  expect(described['io.k8s.api.core.v1.Pod']?.description).toMatch(/^Pod is a collection of containers/)
  expect(field('io.k8s.api.core.v1.Pod', 'spec')).not.toBe('')
  expect(field('io.k8s.api.core.v1.Container', 'image')).not.toBe('')
  expect(field(`${meta}ListMeta`, 'continue')).not.toBe('')
  expect(field('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps', 'x-kubernetes-validations')).not.toBe('')
  expect(field(`${meta}PatchOptions`, 'fieldValidation')).toContain('Strict')
  expect(field('io.k8s.api.core.v1.PodExecOptions', 'command')).not.toBe('')
})
