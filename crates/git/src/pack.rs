//! The objects of a fetched pack, in memory.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use deployer_core::{Error, Kind, Result};
use gix::ObjectId;
use gix::hash::{Kind as Hash, oid};
use gix::objs::Data;
use gix::progress::Discard;
use gix::zlib::Inflate;
use gix_pack::data::decode::entry::ResolvedBase;
use gix_pack::data::input;
use gix_pack::{cache, data, index};

/// The largest pack, in bytes.
pub(crate) const LARGEST_PACK: usize = 256 << 20;

/// The largest object, in bytes. A pack compresses it, so the size of a pack says little about the sizes of its objects.
const LARGEST_OBJECT: usize = 64 << 20;

/// The most bytes that all objects of a pack have together.
const LARGEST_SUM: u64 = 2 << 30;

/// The most objects of a pack.
const MOST_OBJECTS: u32 = 1_000_000;

/// The objects of a pack, each unpacked when it is read.
pub(crate) struct Pack {
    data: data::File<Vec<u8>>,
    index: index::File<Vec<u8>>,
}

impl Pack {
    /// Reads a pack whose deltas have their bases in it.
    ///
    /// # Errors
    /// `Verification` for a pack with objects that are too large or too many, before their content is unpacked; `Unexpected` for a broken
    /// pack.
    pub(crate) fn read(bytes: Vec<u8>, interrupted: &AtomicBool) -> Result<Self> {
        if bytes.len() > LARGEST_PACK {
            return Err(too_large(format!("more than {} MiB in one pack", LARGEST_PACK >> 20)));
        }
        let broken = |cause: gix::Error| broken(&cause);
        let data = data::File::from_data(bytes, PathBuf::new(), Hash::Sha1).map_err(broken)?;
        let data = data.with_alloc_limit_bytes(Some(2 * LARGEST_OBJECT));
        let entries = entries(&data)?;
        let mut index = Vec::new();
        index::write_data_iter_to_stream(
            index::Version::V2,
            || Ok((slice, &data)),
            &mut entries.into_iter().map(Ok),
            Some(1),
            &mut Discard,
            &mut index,
            interrupted,
            Hash::Sha1,
            Some(2 * LARGEST_OBJECT),
            data.version(),
        )
        .map_err(broken)?;
        let index = index::File::from_data(index, PathBuf::new(), Hash::Sha1).map_err(broken)?;
        Ok(Self { data, index })
    }

    /// Whether the pack has an object.
    pub(crate) fn contains(&self, id: &oid) -> bool {
        self.index.lookup(id).is_some()
    }

    fn entry(&self, id: &oid) -> gix::Result<Option<data::Entry>> {
        let at = self.index.lookup(id);
        at.map(|at| self.data.entry(self.index.pack_offset_at_index(at))).transpose()
    }

    /// Unpacks an object into a buffer; `None` if the pack does not have it.
    pub(crate) fn find<'a>(&self, id: &oid, buffer: &'a mut Vec<u8>) -> gix::Result<Option<Data<'a>>> {
        let Some(entry) = self.entry(id)? else { return Ok(None) };
        let base = |id: &oid, _: &mut Vec<u8>| Ok(self.entry(id)?.map(ResolvedBase::InPack));
        let found =
            self.data.decode_entry(entry, buffer, &mut Inflate::default(), &base, &mut cache::Never)?;
        Ok(Some(Data { kind: found.kind, object_hash: Hash::Sha1, data: buffer }))
    }
}

impl std::fmt::Debug for Pack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pack({} objects)", self.index.num_objects())
    }
}

/// The packed bytes of an entry.
fn slice<'a>(range: data::EntryRange, data: &'a &data::File<Vec<u8>>) -> Option<&'a [u8]> {
    data.entry_slice(range)
}

/// The entries of a pack. The sizes that they declare are checked first, and none is unpacked further than that.
fn entries(data: &data::File<Vec<u8>>) -> Result<Vec<input::Entry>> {
    let number = data.num_objects();
    if number > MOST_OBJECTS {
        return Err(too_large(format!("{number} objects, and {MOST_OBJECTS} at most can be read")));
    }
    let mut entries = Vec::new();
    let mut inflate = Inflate::default();
    let mut content = Vec::new();
    let mut sum = 0;
    let mut offset = u64::try_from(data::header::SIZE).unwrap_or_default();
    for _ in 0..number {
        let entry = data.entry(offset).map_err(|cause| broken(&cause))?;
        let size = checked(entry.decompressed_size)?;
        content.resize(size, 0);
        let compressed = data.decompress_entry(&entry, &mut inflate, &mut content);
        let compressed_size = compressed.map_err(|cause| broken(&cause))?;
        let unpacked = if entry.header.is_delta() { checked(size_after_delta(&content))? } else { size };
        sum += u64::try_from(unpacked).unwrap_or(u64::MAX);
        if sum > LARGEST_SUM {
            return Err(too_large(format!("more than {} GiB in all files and folders", LARGEST_SUM >> 30)));
        }
        let compressed_size = u64::try_from(compressed_size).unwrap_or_default();
        let header_size = u16::try_from(entry.header_size()).unwrap_or_default();
        entries.push(input::Entry {
            header: entry.header,
            header_size,
            pack_offset: offset,
            compressed: None,
            compressed_size,
            // The index of a pack in memory is not checked against its checksums: the ids of the objects are.
            crc32: Some(0),
            decompressed_size: entry.decompressed_size,
            trailer: Some(data.checksum()),
        });
        offset = entry.data_offset + compressed_size;
    }
    Ok(entries)
}

/// The size of an object, if it is not too large.
fn checked(size: u64) -> Result<usize> {
    match usize::try_from(size) {
        Ok(size) if size <= LARGEST_OBJECT => Ok(size),
        _ => Err(too_large(format!(
            "a file of {} MiB, and {} MiB at most can be read",
            size >> 20,
            LARGEST_OBJECT >> 20
        ))),
    }
}

/// The size of the object that a delta makes: the second number of the delta, after the size of its base (`git help gitformat-pack`).
fn size_after_delta(delta: &[u8]) -> u64 {
    let mut bytes = delta.iter();
    let mut number = || {
        let mut number = 0_u64;
        for (at, byte) in (0..).zip(&mut bytes).take(9) {
            number |= u64::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    };
    number();
    number()
}

fn too_large(found: String) -> Error {
    Error::new(Kind::Verification, format!("the commit is larger than a configuration can be: {found}"))
        .with_hint("keep large files in another repository or branch")
}

fn broken(cause: &gix::Error) -> Error {
    let chain: Vec<String> = cause.iter_errors().map(ToString::to_string).collect();
    Error::new(Kind::Unexpected, "the host sent a broken pack").with_cause(chain.join(": "))
}

/// The id of an object.
pub(crate) fn id_of(kind: gix::objs::Kind, content: &[u8]) -> gix::Result<ObjectId> {
    gix::objs::compute_hash(Hash::Sha1, kind, content)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pack of version 2 that says that it has this many objects, with these bytes after its header.
    fn pack(number: u32, entries: &[u8]) -> Vec<u8> {
        let mut pack = b"PACK\0\0\0\x02".to_vec();
        pack.extend(number.to_be_bytes());
        pack.extend(entries);
        pack.extend([0; 20]);
        pack
    }

    fn read(bytes: Vec<u8>) -> Error {
        Pack::read(bytes, &AtomicBool::new(false)).expect_err("it must not be read")
    }

    #[test]
    fn what_a_pack_claims_is_checked_before_it_is_unpacked() {
        let error = read(pack(u32::MAX, &[]));
        assert_eq!(error.kind(), Kind::Verification, "{error:?}");
        assert!(error.to_string().contains("4294967295 objects"), "{error:?}");
        // A blob of 1 TiB: three bits of its kind, then its size in groups of four and seven bits.
        let error = read(pack(1, &[0xb0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]));
        assert_eq!(error.kind(), Kind::Verification, "{error:?}");
        assert!(error.to_string().contains("MiB at most"), "{error:?}");
    }

    #[test]
    fn a_broken_pack_is_an_error() {
        for bytes in
            [Vec::new(), b"PACK".to_vec(), pack(1, &[]), pack(1, &[0x31, 0x78]), pack(1, &[0xff; 30])]
        {
            assert_eq!(read(bytes.clone()).kind(), Kind::Unexpected, "{bytes:?}");
        }
    }

    #[test]
    fn the_size_after_a_delta_is_its_second_number() {
        for (delta, size) in [
            (&[0x05, 0x07][..], 7),
            (&[0x85, 0x01, 0x80, 0x01, 0xff], 128),
            (&[], 0),
            (&[0xff; 40], u64::MAX >> 1),
        ] {
            assert_eq!(size_after_delta(delta), size, "{delta:?}");
        }
    }
}
