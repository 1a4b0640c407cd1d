//! Bytes that wait: in a file that has no name and ends with the run.
//!
//! In: pieces of what goes out or is remembered, as they are made. Out: each again, when it is wanted. A long series has
//! texts of a hundred megabytes, which are not held while they are put together.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, IntoInnerError, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::state::State;

/// A file for bytes that wait. Shared between threads.
#[derive(Debug)]
pub struct Spool(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    file: File,
    /// How many bytes it has.
    end: u64,
}

/// Where bytes wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub start: u64,
    pub length: u64,
}

impl Place {
    /// Where they end; nothing where no file has so many.
    pub fn end(self) -> Option<u64> {
        self.start.checked_add(self.length)
    }
}

impl Spool {
    /// A file in the memory of a project, below `name` until it is open.
    pub fn new(state: &State, name: &str) -> io::Result<Spool> {
        let project = state.project(true)?;
        let (draft, file) = project.draft(Path::new(name), false)?;
        project.remove_file(&draft)?;
        Ok(Spool(Mutex::new(Kept { file, end: 0 })))
    }

    /// Adds all of some bytes, or none.
    pub fn add(&self, bytes: &[u8]) -> io::Result<Place> {
        let mut kept = self.kept();
        let start = kept.end;
        kept.file.seek(SeekFrom::Start(start))?;
        kept.file.write_all(bytes)?;
        kept.end += bytes.len() as u64;
        Ok(Place { start, length: bytes.len() as u64 })
    }

    /// The file, for who writes it himself; see [`Piece::of`].
    pub fn into_file(self) -> File {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).file
    }

    pub fn read(&self, place: Place) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(place.length).map_err(io::Error::other)?];
        self.read_at(place.start, &mut bytes)?;
        Ok(bytes)
    }

    fn read_at(&self, start: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut kept = self.kept();
        kept.file.seek(SeekFrom::Start(start))?;
        kept.file.read_exact(bytes)
    }

    /// Whether bytes wait at a place.
    pub fn has(&self, place: Place) -> bool {
        place.end().is_some_and(|end| end <= self.kept().end)
    }

    #[cfg(test)]
    pub fn cut(&self) {
        self.kept().file.set_len(0).expect("cut");
    }

    /// A write that failed half way has added nothing.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A piece of a content.
#[derive(Debug, Clone)]
pub enum Piece {
    Here(Arc<[u8]>),
    Aside(Arc<Spool>, Place),
}

/// So many bytes of a piece that waits are held at once.
const AT_ONCE: u64 = 1 << 16;

impl Piece {
    /// Bytes that wait in the spool where there is one that takes them, and are held where not.
    pub fn aside(spool: Option<&Arc<Spool>>, bytes: impl AsRef<[u8]> + Into<Arc<[u8]>>) -> Piece {
        match spool.and_then(|spool| Some((spool, spool.add(bytes.as_ref()).ok()?))) {
            Some((spool, place)) => Piece::Aside(Arc::clone(spool), place),
            None => Piece::Here(bytes.into()),
        }
    }

    /// What somebody writes, in the file of a spool where there is one that takes it, and held where not.
    pub fn written(spool: Option<Spool>, write: impl Fn(&mut dyn Write) -> io::Result<()>) -> io::Result<Piece> {
        if let Some(spool) = spool {
            let mut out = BufWriter::new(spool.into_file());
            let piece = write(&mut out).and_then(|()| Piece::of(out.into_inner().map_err(IntoInnerError::into_error)?));
            if piece.is_ok() {
                return piece;
            }
        }
        let mut bytes = Vec::new();
        write(&mut bytes)?;
        Ok(Piece::Here(bytes.into()))
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Piece::Here(bytes) => bytes.is_empty(),
            Piece::Aside(_, place) => place.length == 0,
        }
    }

    /// All of a file.
    pub fn of(mut file: File) -> io::Result<Piece> {
        file.rewind()?;
        Piece::rest_of(file)
    }

    /// What stands in a file from where it is to be read next.
    pub fn rest_of(mut file: File) -> io::Result<Piece> {
        let start = file.stream_position()?;
        let end = file.seek(SeekFrom::End(0))?;
        let place = Place { start, length: end.saturating_sub(start) };
        Ok(Piece::Aside(Arc::new(Spool(Mutex::new(Kept { file, end }))), place))
    }

    /// Its first line without the end, and what follows; nothing where no line ends.
    pub fn first_line(&self) -> io::Result<Option<(Vec<u8>, Piece)>> {
        let (spool, place) = match self {
            Piece::Here(bytes) => {
                let end = memchr::memchr(b'\n', bytes);
                return Ok(end.map(|end| (bytes[..end].to_vec(), Piece::Here(bytes[end + 1..].into()))));
            }
            Piece::Aside(spool, place) => (spool, place),
        };
        let mut line = Vec::new();
        let mut start = place.start;
        let end = place.start + place.length;
        while start < end {
            let length = AT_ONCE.min(end - start);
            let read = spool.read(Place { start, length })?;
            if let Some(at) = memchr::memchr(b'\n', &read) {
                line.extend_from_slice(&read[..at]);
                let start = start + at as u64 + 1;
                return Ok(Some((line, Piece::Aside(Arc::clone(spool), Place { start, length: end - start }))));
            }
            line.extend(read);
            start += length;
        }
        Ok(None)
    }

    /// Those of its bytes that stand in a range, which is in it.
    pub fn slice(&self, range: Range<usize>) -> Piece {
        match self {
            Piece::Here(bytes) => Piece::Here(bytes[range].into()),
            Piece::Aside(spool, place) => {
                let (start, length) = (place.start + range.start as u64, range.len() as u64);
                Piece::Aside(Arc::clone(spool), Place { start, length })
            }
        }
    }

    /// All of it.
    pub fn bytes(&self) -> io::Result<Cow<'_, [u8]>> {
        match self {
            Piece::Here(bytes) => Ok(Cow::Borrowed(bytes)),
            Piece::Aside(spool, place) => spool.read(*place).map(Cow::Owned),
        }
    }

    /// All of it, for who keeps it.
    pub fn shared(&self) -> io::Result<Arc<[u8]>> {
        match self {
            Piece::Here(bytes) => Ok(Arc::clone(bytes)),
            Piece::Aside(spool, place) => spool.read(*place).map(Arc::from),
        }
    }

    /// Writes it, and holds little of it.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        let (spool, place) = match self {
            Piece::Here(bytes) => return out.write_all(bytes),
            Piece::Aside(spool, place) => (spool, place),
        };
        let mut room = vec![0; AT_ONCE.min(place.length) as usize];
        let end = place.start + place.length;
        for start in (place.start..end).step_by(AT_ONCE as usize) {
            let bytes = &mut room[..AT_ONCE.min(end - start) as usize];
            spool.read_at(start, bytes)?;
            out.write_all(bytes)?;
        }
        Ok(())
    }
}

/// All of some pieces.
pub fn joined(pieces: &[Piece]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pieces.iter().try_for_each(|piece| piece.write_to(&mut bytes))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spool() -> (tempfile::TempDir, Arc<Spool>) {
        let folder = tempfile::tempdir().expect("a folder");
        let spool = Spool::new(&State::of(folder.path(), folder.path()), "waits").expect("room");
        (folder, Arc::new(spool))
    }

    #[test]
    fn what_waits_is_what_was_added() {
        let (_folder, spool) = spool();
        let long = vec![7; AT_ONCE as usize * 2 + 1];
        for bytes in [&b"one"[..], b"", &long, b"two"] {
            let (waits, held) = (Piece::aside(Some(&spool), bytes), Piece::aside(None, bytes));
            assert!(matches!(waits, Piece::Aside(..)) && matches!(held, Piece::Here(_)));
            for piece in [waits, held] {
                assert_eq!(piece.is_empty(), bytes.is_empty());
                assert!(joined(&[piece.clone(), piece.clone()]).expect("read") == [bytes, bytes].concat());
                assert!(*piece.bytes().expect("read") == *bytes && *piece.shared().expect("read") == *bytes);
                let middle = bytes.len() / 2;
                assert!(*piece.slice(middle..bytes.len()).bytes().expect("read") == bytes[middle..]);
            }
        }
        spool.cut();
        let piece = Piece::Aside(Arc::clone(&spool), Place { start: 0, length: 3 });
        assert!(piece.bytes().is_err() && joined(&[piece]).is_err());
    }

    #[test]
    fn a_line_is_told_from_what_follows() {
        let (_folder, spool) = spool();
        let long = "x".repeat(AT_ONCE as usize);
        let over = format!("{long}y");
        for (text, line, rest) in [("a\nb\nc", "a", "b\nc"), ("\n", "", ""), (&format!("{over}\nz"), &*over, "z")] {
            for piece in [Piece::aside(Some(&spool), text.as_bytes()), Piece::aside(None, text.as_bytes())] {
                let (first, after) = piece.first_line().expect("read").expect("a line");
                assert!(first == line.as_bytes() && *after.bytes().expect("read") == *rest.as_bytes());
            }
        }
        assert!(Piece::aside(Some(&spool), long.as_bytes()).first_line().expect("read").is_none());
    }

    /// What a file doesn't take is held, from its beginning.
    #[test]
    fn what_is_written_is_there_once() {
        let (folder, _) = spool();
        let state = State::of(folder.path(), folder.path());
        let text = |out: &mut dyn Write| out.write_all(b"text");
        let in_file = Piece::written(Spool::new(&state, "waits").ok(), text).expect("written");
        assert!(matches!(in_file, Piece::Aside(..)) && *in_file.bytes().expect("read") == *b"text");
        let spool = Spool::new(&state, "waits").expect("room");
        let path = folder.path().join("read-only");
        std::fs::write(&path, "").expect("room");
        spool.kept().file = File::open(path).expect("it");
        let held = Piece::written(Some(spool), text).expect("held");
        assert!(matches!(held, Piece::Here(_)) && *held.bytes().expect("read") == *b"text");
    }
}
