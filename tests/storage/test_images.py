import io
import socket
import threading
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import s3fs
from fsspec import register_implementation
from fsspec.asyn import AsyncFileSystem
from PIL import Image

from digitrec.errors import StorageError
from digitrec.prediction import InputMethod
from digitrec.storage.images import Images
from tests.support.cluster import BUCKET, running_s3


@pytest.fixture(scope="module")
def s3():
    """Return the URL of a bucket on a real S3 server, which runs in its own process."""
    with running_s3() as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield f"s3://{BUCKET}/pictures"


@pytest.fixture(params=["folder", "s3"])
def images(request, tmp_path):
    return Images(tmp_path / "images" if request.param == "folder" else request.getfixturevalue("s3"))


def test_drawing_is_stored_losslessly(images):
    picture = np.arange(280 * 280, dtype=np.uint32).astype(np.uint8).reshape(280, 280)

    stored = Image.open(io.BytesIO(images.read(images.write(picture))))

    assert stored.format == "PNG"
    assert np.array_equal(np.asarray(stored), picture)


def test_small_image_in_color_is_stored_losslessly(images):
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)

    stored = Image.open(io.BytesIO(images.read(images.write(picture))))

    assert stored.format == "PNG"
    np.testing.assert_array_equal(np.asarray(stored), picture)


def test_photo_is_stored_as_jpeg_without_metadata(images):
    photo = np.random.default_rng(0).integers(0, 255, (768, 1024, 3), np.uint8)

    stored = Image.open(io.BytesIO(images.read(images.write(photo))))

    assert stored.format == "JPEG"
    assert stored.size == (1024, 768)
    assert not stored.getexif()


def test_image_names_are_unique_and_long(images):
    names = {images.write(np.zeros((5, 5), np.uint8)) for _ in range(50)}

    assert len(names) == 50
    assert min(map(len, names)) >= 20


@pytest.mark.parametrize("images", ["folder"], indirect=True)
def test_failed_write_leaves_no_file(images, monkeypatch):
    def disk_full(files, path, data):
        Path(path).write_bytes(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fsspec.implementations.local.LocalFileSystem.pipe_file", disk_full)
    with pytest.raises(OSError, match="No space"):
        images.write(np.zeros((5, 5), np.uint8))

    assert list(images.folder.iterdir()) == []


def test_image_can_be_deleted_twice(images):
    name = images.write(np.zeros((5, 5), np.uint8))
    images.delete(name)
    images.delete(name)

    with pytest.raises(FileNotFoundError):
        images.read(name)


def test_only_old_orphans_are_deleted(images, monkeypatch):
    used, orphan = (images.write(np.zeros((5, 5), np.uint8)) for _ in range(2))
    assert images.delete_orphaned_images({used}) == 0
    assert not images._files.dircache

    monkeypatch.setattr("digitrec.storage.images._MIN_ORPHAN_AGE", timedelta(seconds=-5))
    assert images.delete_orphaned_images({used}) >= 1

    assert images.read(used)
    with pytest.raises(FileNotFoundError):
        images.read(orphan)


def test_image_deleted_while_orphans_are_searched_is_skipped(images, monkeypatch):
    monkeypatch.setattr("digitrec.storage.images._MIN_ORPHAN_AGE", timedelta(seconds=-5))
    images.write(np.zeros((5, 5), np.uint8))

    class DeletedMeanwhile:
        def __contains__(self, name):
            images.delete(name)
            return False

    assert images.delete_orphaned_images(DeletedMeanwhile()) == 0


class CountingFileSystem(AsyncFileSystem):
    """An object store in memory that counts deletion requests."""

    protocol = "counting"
    cachable = False

    def __init__(self, **options):
        super().__init__(**options)
        self.objects, self.deletions = {}, []

    async def _pipe_file(self, path, value, **options):
        self.objects[path] = value

    async def _rm(self, path, **options):
        self.deletions.append(path)
        for name in path:
            del self.objects[name]


@pytest.fixture
def object_store():
    register_implementation("counting", CountingFileSystem, clobber=True)
    return Images("counting://bucket")


def test_object_store_deletes_all_images_with_one_request(history, database, seven, object_store, monkeypatch):
    store = object_store._files
    history = replace(history, images=object_store)
    for _ in range(5):
        history.save(seven, InputMethod.CANVAS)
    in_transaction = []
    delete = Images.delete
    monkeypatch.setattr(
        Images,
        "delete",
        lambda images, *names: [in_transaction.append(database.engine.pool.checkedout()), delete(images, *names)],
    )

    assert history.delete_all() == 5

    assert [len(paths) for paths in store.deletions] == [5]
    assert store.objects == {}
    assert in_transaction == [0]


def test_object_store_deletes_a_thousand_images_with_a_request(object_store):
    names = [f"name{number}" for number in range(2500)]
    object_store._files.objects = {f"{object_store.folder}/{name}": b"" for name in names}

    object_store.delete(*names)

    assert [len(paths) for paths in object_store._files.deletions] == [1000, 1000, 500]


def test_images_that_cannot_be_deleted_are_left(history, seven, object_store):
    history = replace(history, images=object_store)
    saved = history.save(seven, InputMethod.CANVAS)
    object_store._files.objects.clear()

    assert history.delete(saved.prediction_id)


@pytest.mark.parametrize(
    ("url", "reason"), [("nowhere://user:secret@host", "Protocol not known"), ("zip://x::/nowhere.zip", "No such file")]
)
def test_place_for_images_that_cannot_be_used_is_an_error(url, reason):
    with pytest.raises(StorageError, match=f"can't be stored in DIGITREC_PICTURES: .*{reason}") as caught:
        Images(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["~", "a::b", "file:a", "a b#?%20"])
def test_images_are_in_the_folder_whatever_its_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)

    image = Images(Path(name)).write(np.zeros((5, 5), np.uint8))

    assert (tmp_path / name / image).is_file()


def test_unreadable_folder_is_reported_when_an_image_is_written(tmp_path):
    images = Images(tmp_path / ("long" * 100))  # Even root can't look into it.

    with pytest.raises(OSError, match="too long"):
        images.write(np.zeros((5, 5), np.uint8))


@pytest.mark.parametrize(
    "action", ["read", *(pytest.param(name, marks=pytest.mark.full) for name in ("write", "delete"))]
)
def test_unresponsive_store_fails_fast_for_a_while(s3, monkeypatch, action):
    with socket.create_server(("127.0.0.1", 0)) as silent, ExitStack() as connections:
        requests = []

        def listen():
            with suppress(OSError):
                while True:
                    requests.append(connections.enter_context(silent.accept()[0]))

        listener = threading.Thread(target=listen)
        listener.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr("digitrec.storage.images._BREAKER_SECONDS", 60)
        s3fs.S3FileSystem.clear_instance_cache()
        try:
            images = Images(s3)
            if action == "delete":
                images.delete("picture")
            else:
                with pytest.raises(OSError):
                    images.read("picture") if action == "read" else images.write(np.zeros((5, 5), np.uint8))
            images.delete("picture")
            with pytest.raises(OSError, match="unavailable right now"):
                images.read("picture")
            with pytest.raises(OSError, match="unavailable right now"):
                images.write(np.zeros((5, 5), np.uint8))
        finally:
            s3fs.S3FileSystem.clear_instance_cache()
            silent.shutdown(socket.SHUT_RDWR)
            listener.join()

        assert len(requests) == 1


def test_missing_image_is_not_an_outage(s3):
    images = Images(s3)
    with pytest.raises(FileNotFoundError):
        images.read("picture")

    assert images.read(images.write(np.zeros((5, 5), np.uint8)))


def test_unreachable_store_raises_oserror(s3, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    try:
        with pytest.raises(OSError):
            Images(s3).write(np.zeros((5, 5), np.uint8))
    finally:
        s3fs.S3FileSystem.clear_instance_cache()
