// SPDX-License-Identifier: Apache-2.0
#include "gateway/credentials/sealer.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "gateway/base/secrets.h"
#include "gateway/base/text.h"

namespace msggw::credentials {

namespace {

constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;
static_assert(kNonce + kTag == Sealer::kMoreOctets);

const unsigned char* octets(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) noexcept {
  return reinterpret_cast<unsigned char*>(text.data());
}

base::Result<void> failed(const char* what, const std::filesystem::path& path) {
  return base::fail(base::Errc::storage, "the key file of the credentials " +
                                             base::printable(path.native(), 200) + " cannot be " +
                                             what + ": " + std::strerror(errno));
}

/// A descriptor that closes itself.
struct File {
  explicit File(int number) : fd(number) {}
  ~File() {
    if (fd >= 0) ::close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd;
};

bool sync_folder_of(const std::filesystem::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const File opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.fd >= 0 && ::fsync(opened.fd) == 0;
}

}  // namespace

void Sealer::Free::operator()(evp_cipher_ctx_st* context) const noexcept {
  EVP_CIPHER_CTX_free(context);
}

Sealer::Sealer(const Key& key) : key_(key), cipher_(EVP_CIPHER_CTX_new()) {
  const bool made = cipher_ != nullptr && EVP_EncryptInit_ex(cipher_.get(), EVP_aes_256_gcm(),
                                                             nullptr, key_.data(), nullptr) == 1;
  base::ensure(made, "OpenSSL has AES-256-GCM");
}

/// The cipher at the beginning of a message, with what that is bound to.
EVP_CIPHER_CTX* Sealer::begin(std::string_view nonce, std::string_view bound_to,
                              bool encrypts) const {
  int size = 0;
  const bool begun = EVP_CipherInit_ex(cipher_.get(), nullptr, nullptr, nullptr, octets(nonce),
                                       encrypts ? 1 : 0) == 1 &&
                     EVP_CipherUpdate(cipher_.get(), nullptr, &size, octets(bound_to),
                                      static_cast<int>(bound_to.size())) == 1;
  base::ensure(begun, "a key takes another message");
  return cipher_.get();
}

std::string Sealer::seal(std::string_view secret, std::string_view bound_to) const {
  std::array<std::uint8_t, kNonce> nonce;
  base::fill_random(nonce);
  std::string sealed(nonce.begin(), nonce.end());
  sealed.resize(kNonce + secret.size() + kTag);
  EVP_CIPHER_CTX* const cipher = begin(std::string_view(sealed).substr(0, kNonce), bound_to, true);
  int size = 0;
  const bool done = EVP_CipherUpdate(cipher, octets(sealed) + kNonce, &size, octets(secret),
                                     static_cast<int>(secret.size())) == 1 &&
                    EVP_CipherFinal_ex(cipher, octets(sealed) + kNonce + size, &size) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kTag),
                                        octets(sealed) + kNonce + secret.size()) == 1;
  base::ensure(done, "what goes in comes out encrypted");
  return sealed;
}

std::optional<std::string> Sealer::open(std::string_view sealed, std::string_view bound_to) const {
  if (sealed.size() < kMoreOctets) return std::nullopt;
  EVP_CIPHER_CTX* const cipher = begin(sealed.substr(0, kNonce), bound_to, false);
  std::array<char, kTag> tag;
  sealed.copy(tag.data(), tag.size(), sealed.size() - kTag);
  std::string secret(sealed.size() - kMoreOctets, '\0');
  int size = 0;
  const bool done =
      EVP_CipherUpdate(cipher, octets(secret), &size, octets(sealed) + kNonce,
                       static_cast<int>(secret.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kTag), tag.data()) == 1 &&
      EVP_CipherFinal_ex(cipher, octets(secret) + size, &size) == 1;
  if (!done) return std::nullopt;
  return secret;
}

base::Result<std::optional<Sealer::Key>> KeyFile::read() const {
  const File file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd < 0 && errno == ENOENT) return std::optional<Sealer::Key>();
  if (file.fd < 0) return tl::unexpected(failed("opened", path_).error());
  std::array<std::uint8_t, std::tuple_size_v<Sealer::Key> + 1> read;  // one more tells a longer one
  const ssize_t got = ::read(file.fd, read.data(), read.size());
  if (got < 0) return tl::unexpected(failed("read", path_).error());
  Sealer::Key key;
  if (static_cast<std::size_t>(got) != key.size())
    return base::fail(base::Errc::storage, "the key file of the credentials " +
                                               base::printable(path_.native(), 200) +
                                               " does not hold 32 octets; put it back");
  std::copy_n(read.begin(), key.size(), key.begin());
  return std::optional(key);
}

base::Result<Sealer::Key> KeyFile::make() const {
  Sealer::Key key;
  base::fill_random(key);
  // Made whole beside its place: a file that a power cut has left half would be no key.
  const std::filesystem::path beside = path_.native() + ".new";
  ::unlink(beside.c_str());
  {
    const File file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                           S_IRUSR | S_IWUSR));
    if (file.fd < 0) return tl::unexpected(failed("made", path_).error());
    if (::write(file.fd, key.data(), key.size()) != static_cast<ssize_t>(key.size()) ||
        ::fsync(file.fd) != 0) {
      const auto why = failed("written", path_);
      ::unlink(beside.c_str());
      return tl::unexpected(why.error());
    }
  }
  // link() takes no file's place.
  const bool linked = ::link(beside.c_str(), path_.c_str()) == 0;
  const auto why = linked ? base::Result<void>() : failed("made", path_);
  ::unlink(beside.c_str());
  if (!why) return tl::unexpected(why.error());
  if (!sync_folder_of(path_)) return tl::unexpected(failed("made durable", path_).error());
  return key;
}

}  // namespace msggw::credentials
