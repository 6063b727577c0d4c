from __future__ import annotations

from itertools import combinations, pairwise

from pedigree.trust.drawing import HEIGHT, WIDTH, draw

NAMES = ["data", "base", "sft", "dpo", "before", "after", "judge", "release"]
EDGES = [
    ("data", "sft"),
    ("base", "sft"),
    ("sft", "dpo"),
    ("base", "before"),
    ("dpo", "after"),
    ("before", "judge"),
    ("after", "judge"),
    ("judge", "release"),
    ("dpo", "release"),
]


def test_every_edge_goes_from_left_to_right_between_the_boxes_it_joins() -> None:
    drawing = draw(NAMES, EDGES)
    for (start, end), points in drawing.edges.items():
        assert points[0] == (drawing.nodes[start][0] + WIDTH, drawing.nodes[start][1] + HEIGHT // 2)
        assert points[-1] == (drawing.nodes[end][0], drawing.nodes[end][1] + HEIGHT // 2)
        assert all(left < right for (left, _), (right, _) in pairwise(points))


def test_boxes_do_not_overlap_and_lie_in_the_drawing() -> None:
    drawing = draw(NAMES, EDGES)
    for (x, y), (other_x, other_y) in combinations(drawing.nodes.values(), 2):
        assert abs(x - other_x) >= WIDTH or abs(y - other_y) >= HEIGHT
    for x, y in drawing.nodes.values():
        assert 0 <= x <= drawing.width - WIDTH and 0 <= y <= drawing.height - HEIGHT
    for points in drawing.edges.values():
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in points)


def test_no_edge_passes_through_a_box() -> None:
    drawing = draw(NAMES, EDGES)
    for edge, points in drawing.edges.items():
        for x, y in points[1:-1]:
            for name, (left, top) in drawing.nodes.items():
                inside = left <= x <= left + WIDTH and top <= y <= top + HEIGHT
                assert name in edge or not inside, (edge, name)


def test_the_drawing_is_the_same_every_time() -> None:
    assert draw(NAMES, EDGES) == draw(NAMES, EDGES)


def test_a_single_step_is_a_drawing() -> None:
    drawing = draw(["only"], [])
    assert drawing.edges == {} and drawing.width > WIDTH and drawing.height > HEIGHT


def test_a_long_chain_that_all_start_from_is_drawn_with_a_bounded_number_of_points() -> None:
    names = ["base", *(f"stage-{number:04}" for number in range(1000))]
    edges = [*pairwise(names), *(("base", name) for name in names[2:])]
    drawing = draw(names, edges)
    # Through every column these edges would take 499,500 points.
    assert sum(len(points) - 2 for points in drawing.edges.values()) <= 2 * (2000 + len(names) + len(edges))
    assert len(drawing.edges[edges[0]]) == 2 and len(drawing.edges["base", "stage-0005"]) == 2 + 2 * 5
    assert len(drawing.edges["base", "stage-0999"]) == 2
