"""The chain is what its format says, and nothing but added to."""

import hashlib
import json
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.history.chain import GENESIS, link_hash, merkle_root
from auditor.model.codec import canonical

# the leaves and roots of Certificate Transparency's reference tests
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize(("count", "root"), ROOTS.items())
def test_the_merkle_root_is_that_of_rfc_6962(count, root):
    assert merkle_root(LEAVES[:count]) == root


def test_the_merkle_root_of_nothing_is_the_hash_of_nothing():
    assert merkle_root([]) == hashlib.sha256(b"").hexdigest()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    seq=st.integers(1, 10**9), at=st.text(), kind=st.text(), body=st.dictionaries(st.text(), json_values, max_size=4)
)
def test_a_record_is_hashed_as_the_canonical_json_of_its_parts(seq, at, kind, body):
    text = canonical({"seq": seq, "at": at, "kind": kind, "body": body})
    expected = hashlib.sha256(b"auditor/v1\0" + bytes(32) + text.encode()).hexdigest()
    assert link_hash(GENESIS, seq=seq, at=at, kind=kind, body=canonical(body)) == expected


def test_each_record_holds_the_hash_of_the_one_before(history, store_night):
    for night in range(3):
        store_night(history, night)
    records = history.records()
    assert [record.seq for record in records] == [1, 2, 3]
    assert [record.prev for record in records] == [GENESIS, records[0].hash, records[1].hash]
    assert history.head() == records[2].hash


def test_the_record_of_a_run_holds_everything_that_is_said_of_it(history, store_night):
    run = store_night(history, 1, report="{}")
    body = json.loads(history.records("run")[0].body)
    assert body["id"] == run.id
    assert body["snapshot_sha256"] == run.snapshot_sha256
    assert body["report_blob"] == hashlib.sha256(b"{}").hexdigest()
    assert body["verdict"] == "compliant"


def test_the_head_of_an_empty_chain_is_zero(history):
    assert history.head() == GENESIS


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE chain SET body = '{}' WHERE seq = 1",
        "DELETE FROM chain WHERE seq = 2",
        "DELETE FROM chain",
        "INSERT OR REPLACE INTO chain SELECT seq, at, kind, '{}', prev, hash FROM chain WHERE seq = 2",
        "INSERT INTO chain SELECT seq + 2, at, kind, body, prev, hash FROM chain WHERE seq = 2",
        "INSERT INTO chain SELECT 3, at, kind, body, prev, hash FROM chain WHERE seq = 1",
    ],
)
def test_the_file_itself_refuses_any_change_but_the_next_record(history, folder, store_night, statement):
    for night in range(2):
        store_night(history, night)
    connection = sqlite3.connect(folder / "history.sqlite")
    try:
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
    finally:
        connection.close()
    assert history.verify() == ()
