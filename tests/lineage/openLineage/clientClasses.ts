import { runPython } from '../../../scripts/python.ts'

/**
 * Builds each event from the classes that OpenLineage's own client generates from the specification, field by field
 * with their types, and prints what they make of it. A field that a class does not have, a missing one, a value of another
 * type, or a facet of a kind that its place does not take is an error.
 */
const READ = `
import datetime, importlib, inspect, json, pkgutil, sys, types, typing, enum
import attr
import openlineage.client.generated as generated
from openlineage.client.generated import base
from openlineage.client.serde import Serde

facets = {}
for module in pkgutil.iter_modules(generated.__path__):
    loaded = importlib.import_module(f'openlineage.client.generated.{module.name}')
    for name, kind in inspect.getmembers(loaded, inspect.isclass):
        if name.endswith('Facet'):
            facets[name] = kind

def build(kind, value, at):
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            raise ValueError(f'{at} is null')
        return build(next(one for one in arguments if one is not type(None)), value, at)
    if origin is list:
        assert isinstance(value, list), at
        return [build(arguments[0], item, f'{at}[{number}]') for number, item in enumerate(value)]
    if origin is dict:
        assert isinstance(value, dict), at
        return {key: build(arguments[1], item, f'{at}.{key}') for key, item in value.items()}
    if inspect.isclass(kind) and issubclass(kind, base.BaseFacet):
        return facet(kind, value, at)
    if inspect.isclass(kind) and issubclass(kind, enum.Enum):
        return kind(value)
    if attr.has(kind):
        return made(kind, value, at)
    assert kind is typing.Any or (type(value) is kind), f'{at} is {type(value).__name__}, not {kind}'
    return value

def made(kind, value, at):
    hints = typing.get_type_hints(kind)
    known = {field.name: field for field in attr.fields(kind)}
    given = {}
    for name, item in value.items():
        if name in ('schemaURL', '_schemaURL'):
            continue
        assert name in known, f'{at}.{name} is no field of {kind.__name__}'
        given[known[name].alias] = build(hints[name], item, f'{at}.{name}')
    return kind(**given)

def facet(wanted, value, at):
    name = value['_schemaURL'].rsplit('/', 1)[1]
    kind = facets[name]
    assert issubclass(kind, wanted), f'{at}: {name} is no {wanted.__name__}'
    ours, theirs = value['_schemaURL'].split('/facets/'), kind._get_schema().split('/facets/')
    assert ours[0] == theirs[0] and ours[1].split('/')[1:] == theirs[1].split('/')[1:], at
    version = lambda url: [int(number) for number in url.split('/')[0].split('-')]
    assert version(ours[1])[0] == version(theirs[1])[0] and version(ours[1]) <= version(theirs[1]), at
    return made(kind, value, at)

told = []
for line in open(sys.argv[1], encoding='utf8'):
    event = json.loads(line)
    assert event['schemaURL'] == base.RunEvent._get_schema()
    told.append(json.loads(Serde.to_json(made(base.RunEvent, event, 'event'))))
print(json.dumps(told))
`

/** Events of a file, a line each, as OpenLineage's client writes them itself. */
export const asTheClient = (file: string): Promise<readonly unknown[]> => runPython(READ, file)
