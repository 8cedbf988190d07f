"""What the four programs work on, generated: the same bytes each time, sized by the form."""
import random

SQL_ROWS = {False: 300_000, True: 2_000}
C_LINES = {False: 10_000, True: 400}
PYTHON_RECORDS = {False: 12_000, True: 300}
MAP_OPERATIONS = {False: 2_000_000, True: 20_000}

WORDS = ('amber basalt cedar delta ember fjord garnet harbor indigo juniper kelp lagoon meadow nectar onyx '
         'prairie quartz reef slate tundra umber violet willow xenon yarrow zephyr').split()


def sql_script(short):
    """A table filled by one INSERT a row, then indexed, joined, sorted, changed and thinned out."""
    rows = SQL_ROWS[short]
    dice = random.Random(1)
    yield 'CREATE TABLE orders(id INTEGER PRIMARY KEY, customer TEXT, item TEXT, price REAL, day INTEGER);\n'
    yield 'CREATE TABLE customers(name TEXT PRIMARY KEY, city TEXT);\nBEGIN;\n'
    for number in range(rows // 100):
        yield f"INSERT INTO customers VALUES('{dice.choice(WORDS)}-{number}', '{dice.choice(WORDS)}');\n"
    for number in range(rows):
        customer = f'{dice.choice(WORDS)}-{dice.randrange(rows // 100)}'
        yield (f"INSERT INTO orders VALUES({number}, '{customer}', '{dice.choice(WORDS)} {dice.choice(WORDS)}', "
               f'{dice.randrange(100, 99_999) / 100}, {dice.randrange(365)});\n')
    yield ('COMMIT;\nCREATE INDEX by_customer ON orders(customer);\nCREATE INDEX by_day ON orders(day, price);\n'
           'SELECT city, count(*), round(sum(price), 2) FROM orders JOIN customers ON name = customer '
           'GROUP BY city ORDER BY 3 DESC LIMIT 10;\n'
           "SELECT count(*), group_concat(DISTINCT substr(item, 1, 3)) FROM orders WHERE item LIKE '%reef%';\n"
           "UPDATE orders SET item = upper(item) || '!' WHERE day % 7 = 3;\n"
           'DELETE FROM orders WHERE day % 11 = 5;\n'
           'SELECT day, max(item), round(avg(price), 2) FROM orders GROUP BY day ORDER BY 3 LIMIT 5;\n')


def _c_function(number, dice):
    kinds = ' '.join(f'case {i}: sum += node->value[{dice.randrange(8)}] * {dice.randrange(3, 99)}; break;'
                     for i in range(4))
    other = f'work_{dice.randrange(number)}(node->next, limit / 2)' if number else 'limit'
    return f'''
struct node_{number} {{
    struct node_{number} *next;
    long value[8];
    const char *name;
}};
static const char *const names_{number}[] = {{"{dice.choice(WORDS)}", "{dice.choice(WORDS)}", "x{number}"}};
long work_{number}(void *data, int limit)
{{
    struct node_{number} *node = data;
    long sum = {dice.randrange(1000)};
    if (limit <= 0)
        return sum;
    for (int i = 0; node && i < limit; i++, node = node->next) {{
        switch (i % 5) {{
        {kinds}
        default: sum ^= i << {dice.randrange(1, 12)};
        }}
        if (node->name && node->name[0] == names_{number}[i % 3][0])
            sum += {other};
    }}
    return sum;
}}
'''


def c_source(short):
    """Functions that loop, branch and call each other, until there are so many lines."""
    dice = random.Random(2)
    lines = number = 0
    while lines < C_LINES[short]:
        text = _c_function(number, dice)
        yield text
        lines += text.count('\n')
        number += 1


def python_script(short):
    """Objects of many kinds and ages: records, text, JSON, sorting, regular expressions, a cache that forgets."""
    yield f'RECORDS = {PYTHON_RECORDS[short]}\nWORDS = {WORDS!r}\n'
    yield '''
import collections, json, random, re

dice = random.Random(3)

class Order:
    def __init__(self, number):
        self.number = number
        self.customer = f'{dice.choice(WORDS)}-{dice.randrange(97)}'
        self.lines = [(dice.choice(WORDS), dice.randrange(1, 9), dice.random()) for _ in range(dice.randrange(1, 8))]

    def as_dict(self):
        return {'number': self.number, 'customer': self.customer,
                'lines': [dict(item=i, count=c, price=round(p, 4)) for i, c, p in self.lines]}

orders = [Order(number) for number in range(RECORDS)]
text = '\\n'.join(json.dumps(order.as_dict()) for order in orders)
parsed = [json.loads(line) for line in text.split('\\n')]
by_customer = collections.defaultdict(list)
for one in parsed:
    by_customer[one['customer']].append(sum(l['count'] * l['price'] for l in one['lines']))
best = sorted(by_customer.items(), key=lambda pair: (-sum(pair[1]), pair[0]))[:5]
words = collections.Counter(re.findall(r'"([a-z]+)-(\\d+)"', text))
recent = collections.OrderedDict()
for step in range(RECORDS * 10):
    recent[step * 7919 % 10007] = str(step) + dice.choice(WORDS)
    if len(recent) > 2000:
        recent.popitem(last=False)
shout = ' '.join(word.upper()[::-1] for line in text.split('\\n')[::3] for word in line.split(','))
print(len(text), len(shout), words.most_common(3), len(recent))
print([(name, len(sums), round(sum(sums), 3)) for name, sums in best])
'''
