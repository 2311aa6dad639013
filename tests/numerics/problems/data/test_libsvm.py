import numpy as np
import pytest
from sklearn.datasets import dump_svmlight_file, load_svmlight_file

from numerics.problems.data import libsvm, read_libsvm
from straggler import InputError


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "data.svm"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return written


def test_against_scikit_learn(tmp_path):
    rng = np.random.default_rng(0)
    samples = rng.standard_normal((40, 9)) * (rng.random((40, 9)) < 0.4)
    samples[:, 8] = 1e-7
    path = tmp_path / "data.svm"
    dump_svmlight_file(samples, rng.integers(1, 3, 40), str(path), zero_based=False)
    found, labels = read_libsvm(path)
    expected, targets = load_svmlight_file(str(path), zero_based=False)
    assert np.array_equal(found, expected.toarray())
    assert np.array_equal(labels, np.where(targets == 2, 1.0, -1.0))


def test_comments_blank_lines_and_signs(write):
    samples, labels = read_libsvm(write("# made by hand\n+1 1:0.5 3:-2e1 # note\n\n-1\n-1 2:+.25\r\n"))
    assert np.array_equal(samples, [[0.5, 0, -20], [0, 0, 0], [0, 0.25, 0]])
    assert np.array_equal(labels, [1, -1, -1])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1 1:0.5 2", "'2' is not index:value"),
        ("1 1:0.5 2:", "'' is not a finite number"),
        ("1 1:0.5 x:3", "'x:3' is not index:value"),
        ("1 1:0.5 -2:3", "'-2:3' is not index:value"),
        ("1 1:0.5 2:abc", "'abc' is not a finite number"),
        ("1 1:nan", "'nan' is not a finite number"),
        ("1 1:1_000", "'1_000' is not a finite number"),
        ("1 2:1 2:1", "index 2 after 2"),
        ("1 3:1 2:1", "index 2 after 3"),
        ("1 0:1", "index 0 after 0"),
        ("yes 1:1", "'yes' is not a finite number"),
        ("1,5 1:1", "'1,5' is not a finite number"),
        ("1 qid:3 1:1", "'qid:3' is not index:value"),
        (b"\xff\xfe 1:1", "is not a finite number"),
        ("1 1:" + "9" * 5000, "is not a finite number"),
        ("1 1:" + "z" * 5000, "is not a finite number"),
    ],
)
def test_a_broken_line_is_named_by_its_number(write, line, reason):
    line = line if isinstance(line, bytes) else line.encode()
    path = write(b"1 1:1\n# comment\n\n-1 2:1\n" + line + b"\n1 1:2\n")
    with pytest.raises(InputError) as refused:
        read_libsvm(path)
    message = str(refused.value)
    assert f"{path}:5" in message
    assert reason in message
    assert "\n" not in message
    assert len(message) < 400


@pytest.mark.parametrize(("text", "kinds"), [("", 0), ("# nothing\n", 0), ("1 1:1\n1 2:1\n", 1), ("1 1:1\n2 2:1\n3 1:1\n", 3)])
def test_two_labels_are_needed(write, text, kinds):
    with pytest.raises(InputError, match=f"two different labels, not {kinds}"):
        read_libsvm(write(text))


def test_missing_file_and_directory(tmp_path):
    for path in (tmp_path / "absent.svm", tmp_path):
        with pytest.raises(InputError, match="readable file"):
            read_libsvm(path)


def test_too_large_to_be_dense(write):
    assert libsvm.LIMIT_BYTES >= 1 << 30
    with pytest.raises(InputError, match="dense"):
        read_libsvm(write("1 1:1\n-1 999999999:1\n"))
