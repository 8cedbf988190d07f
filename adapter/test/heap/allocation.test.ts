/** What the text of an allocation says of the block's type. */
import * as assert from 'node:assert/strict';
import { elementOf, objectName, statementAt, typeClues } from '../../src/heap/allocation';

const clues = (statement: string) =>
  typeClues(statement).map(
    ({ expression, local, more }) => `${local ? '@' : ''}${expression}${more ? '+' : ''}`,
  );

describe('types by the place of an allocation', () => {
  it('are named by new, sizeof, a cast, or the variable, in this order', () => {
    assert.deepEqual(clues('Shape *s = new Circle(3);'), ['Circle']);
    assert.deepEqual(clues('auto p = new (std::nothrow) ns::Box<int>[n];'), ['ns::Box<int>']);
    assert.deepEqual(clues('table = new node *[size];'), ['node *']);
    assert.deepEqual(clues('struct node *n = malloc(sizeof(struct node));'), ['struct node', '@*n']);
    assert.deepEqual(clues('n = (node *)malloc(sizeof *n);'), ['@*n', 'node', '@*n']);
    assert.deepEqual(clues('n = static_cast<node *>(std::malloc(32));'), ['node']);
    assert.deepEqual(clues('list->head = calloc(8, sizeof(*list->head));'), ['@*list->head', '@*list->head']);
    assert.deepEqual(clues('s = malloc(sizeof(struct string) + length);'), ['struct string+', '@*s+']);
    assert.deepEqual(clues('char *copy = strdup(name);'), ['char']);
    assert.deepEqual(clues('rows[i] = realloc(rows[i], n * sizeof(double));'), ['double', '@*rows[i]']);
  });
  it('are not guessed where nothing is allocated by name', () => {
    for (const statement of ['make(sizeof(int));', 'int n = v.size();', 'v.push_back(renew);', '']) {
      assert.deepEqual(clues(statement), [], statement);
    }
  });
  it('are looked for in the whole statement, not in comments and strings', () => {
    const lines = [
      'int a; // new Wrong',
      'struct pair *p =',
      '    malloc(sizeof(struct pair) /* not new Other */',
      '           * 2);',
      'puts("new Wrong;"); free(p);',
    ];
    const statement = 'struct pair *p = malloc(sizeof(struct pair) * 2);';
    assert.equal(statementAt(lines, 3).replace(/ +/g, ' '), statement);
    assert.equal(statementAt(lines, 2).replace(/ +/g, ' '), statement);
    assert.equal(statementAt(lines, 5), 'puts("");');
    assert.equal(statementAt(lines, 99), '');
  });
  it('are known of functions that allocate one type', () => {
    assert.equal(elementOf('__GI___strdup'), 'char');
    assert.equal(elementOf('my_strdup'), undefined);
    assert.equal(
      elementOf('std::__new_allocator<std::pair<int const, Foo> >::allocate(unsigned long, void const*)'),
      'std::pair<int const, Foo>',
    );
    assert.equal(elementOf('make<std::new_allocator<int>>()'), undefined);
  });
  it('fit the block, or are not told', () => {
    assert.equal(objectName('node', 16, 16, false), 'node');
    assert.equal(objectName('node', 16, 48, false), 'node[3]');
    assert.equal(objectName('node', 16, 20, false), undefined);
    assert.equal(objectName('node', 16, 20, true), 'node');
    assert.equal(objectName('node', 16, 8, false), undefined);
    assert.equal(objectName('node', 0, 8, false), undefined);
  });
});
