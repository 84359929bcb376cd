"""watching.py: do the expressions of the dashboard and of the alerts fit what /metrics says? Prints a line a fault.

usage: watching.py METRICS EXPRESSIONS   METRICS is what /metrics answered; EXPRESSIONS has one a line

Names, labels and the kind of figure that a function wants are checked, and events and routes named in matchers are looked for
in the sources. (Whether it is PromQL at all, promtool knows: make lint.)"""
import pathlib
import re
import sys

from prometheus_client.parser import text_string_to_metric_families

EVERYWHERE = {"instance", "job", "le"}
OF_COUNTERS = {"rate", "increase"}
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
# How a source says that there is an event or a route of that name.
WRITTEN = {"event": r'(?:log_event\(|\.event = )[^;]*"', "route": r'\{ "'}
FUNCTIONS = OF_COUNTERS | {"sum", "max", "max_over_time", "by", "topk", "histogram_quantile", "predict_linear", "label_values", "and"}


def figures(text):
	"""Name of a series -> (its kind, its labels)."""
	known = {"up": ("gauge", set())}
	for f in text_string_to_metric_families(text):
		labels = set().union(*(s.labels for s in f.samples))
		for suffix in SUFFIXES[f.type]:
			known[f.name + suffix] = (f.type, labels)
	return known


def sources():
	top = pathlib.Path(__file__).parent.parent
	return "\n".join(p.read_text() for folder in ("cgi-bin", "db") for p in sorted((top / folder).rglob("*.c")))


def faults(line, known, code):
	if line.count("(") != line.count(")") or line.count("{") != line.count("}") or line.count("[") != line.count("]"):
		yield "brackets do not close"
	bare = re.sub(r'"[^"]*"', '""', line)
	for word in re.findall(r"([a-z_]+)\s*\(", bare):
		if word not in FUNCTIONS:
			yield f"{word} is no function that is known here"
	for name, matchers in re.findall(r'\b(up|gatehouse_\w+)(?:\{((?:[^"{}]|"[^"]*")*)\})?', line):
		if name not in known:
			yield f"no figure is called {name}"
			continue
		for label, value in re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"', matchers):
			if label not in known[name][1] | EVERYWHERE:
				yield f"{name} has no label {label}"
			for item in value.split("|") if label in WRITTEN else ():
				if not re.search(WRITTEN[label] + re.escape(item.removesuffix(".*")) + ("" if item.endswith(".*") else '"'), code):
					yield f"no {label} is called {item}"
	labels = set().union(*(known[n][1] for n in re.findall(r"gatehouse_\w+", bare) if n in known))
	for group in re.findall(r"\bby \(([^)]*)\)", bare):
		for label in re.split(r",\s*", group):
			if label not in labels | EVERYWHERE:
				yield f"nothing here has a label {label}"
	for function, name in re.findall(r"\b(\w+)\(\s*((?:gatehouse_)\w+)", bare):
		if function in OF_COUNTERS and known.get(name, ("",))[0] == "gauge":
			yield f"{function} of {name}, which is a gauge"


def main():
	known, code = figures(pathlib.Path(sys.argv[1]).read_text()), sources()
	for line in pathlib.Path(sys.argv[2]).read_text().splitlines():
		for fault in faults(line, known, code):
			print(f"{fault}: {line}")


main()
