import { describe, expect, test } from 'vitest'
import { yamlPathAt } from './yaml-path.ts'

const text = `apiVersion: v1
metadata:
  name: web
  
spec:
  containers:
    - name: web
      image: web
      
    - 
  volumes:
  - name: data
    
`.split('\n')

describe('where one stands in YAML', () => {
  test('YP1 the path of a key leads through everything indented less', () => {
    expect(yamlPathAt(text, 0)).toEqual([])
    expect(yamlPathAt(text, 2)).toEqual(['metadata'])
    expect(yamlPathAt(text, 7)).toEqual(['spec', 'containers', 0])
  })

  test('YP2 an empty line is where its indentation says', () => {
    expect(yamlPathAt(text, 3)).toEqual(['metadata'])
    expect(yamlPathAt(text, 8)).toEqual(['spec', 'containers', 0])
  })

  test('YP1 a dash begins an entry, indented or not', () => {
    expect(yamlPathAt(text, 9)).toEqual(['spec', 'containers', 0])
    expect(yamlPathAt(text, 12)).toEqual(['spec', 'volumes', 0])
  })
})
