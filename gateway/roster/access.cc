// SPDX-License-Identifier: Apache-2.0
#include "gateway/roster/access.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json/value.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "gateway/base/document.h"
#include "gateway/base/secrets.h"

namespace msggw::roster {

namespace {

constexpr std::string_view kName = "operator.json";
constexpr std::size_t kMostOctets = 4'096;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const noexcept { return number_; }

 private:
  int number_;
};

/// Whose file it is, if anybody could have put it into that folder and neither its owner has, nor
/// root, nor who asks; 0: nobody's.
uid_t stranger(int file, const std::filesystem::path& folder) {
  struct stat of_file{}, of_folder{};
  if (::fstat(file, &of_file) != 0 || ::stat(folder.c_str(), &of_folder) != 0) return 0;
  const bool is_open = (of_folder.st_mode & S_IWOTH) != 0;
  const bool is_trusted = of_file.st_uid == of_folder.st_uid || of_file.st_uid == ::geteuid();
  return is_open && !is_trusted ? of_file.st_uid : 0;
}

[[noreturn]] void cannot_write(const std::filesystem::path& file) {
  throw std::runtime_error("cannot write " + file.string() + ": " + std::strerror(errno) +
                           "; it tells `msggw devices` how to reach this gateway");
}

}  // namespace

std::string random_token() {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<std::uint8_t, 32> octets;
  base::fill_random(octets);
  std::string token;
  for (const std::uint8_t octet : octets) {
    token += kDigits[octet >> 4];
    token += kDigits[octet & 15];
  }
  return token;
}

AccessFile::AccessFile(const std::filesystem::path& folder, const Access& access)
    : file_(folder / kName) {
  std::string text;
  base::ObjectWriter writer(base::Encoding::json, text);
  writer.text("url", base::to_string(access.url));
  writer.text("token", access.token);
  writer.end();
  text += '\n';
  // Beside it and then in its place: a reader sees the whole of one or of the other, and the mode
  // is right from the first octet on.
  const std::filesystem::path beside = file_.string() + ".new";
  ::unlink(beside.c_str());
  {
    const Descriptor out(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (out.number() < 0) cannot_write(beside);
    if (::write(out.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      cannot_write(beside);
  }
  if (::rename(beside.c_str(), file_.c_str()) != 0) cannot_write(file_);
}

AccessFile::~AccessFile() {
  ::unlink(file_.c_str());
}

void remove_access(const std::filesystem::path& folder) noexcept {
  std::error_code ignored;
  std::filesystem::remove(folder / kName, ignored);
}

base::Result<Access> read_access(const std::filesystem::path& folder, Whose whose) {
  const bool is_gateway = whose == Whose::gateway;
  const std::filesystem::path file = folder / kName;
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (in.number() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return base::fail(
          base::Errc::unavailable,
          std::string("no ") + (is_gateway ? "gateway" : "Provisioning Function") +
              " runs on the folder " + folder.string() +
              " (there is no operator.json in it); start it, and see " +
              (is_gateway ? "admin.enabled" : "pf.admin_port") +
              "; one that runs on another folder than its file says now is reached by --dir");
    }
    return base::fail(base::Errc::refused,
                      file.string() + " cannot be read: " + std::strerror(errno));
  }
  if (const uid_t writer = stranger(in.number(), folder); writer != 0)
    return base::fail(base::Errc::refused,
                      file.string() + " is not taken: it is of user " + std::to_string(writer) +
                          ", and every user of this machine can write to its folder; chmod o-w " +
                          folder.string() + ", and start the gateway anew");
  std::string text(kMostOctets, '\0');
  const ssize_t size = ::read(in.number(), text.data(), text.size());
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  const auto value = base::parse_json(text, {.octets = kMostOctets});
  const auto url = value ? base::text_member(*value, "url") : std::nullopt;
  const auto token = value ? base::text_member(*value, "token") : std::nullopt;
  auto root = base::parse_uri(url.value_or(""));
  if (!root || !token) {
    return base::fail(base::Errc::malformed, file.string() + " is not what a gateway writes");
  }
  return Access{std::move(*root), std::string(*token)};
}

}  // namespace msggw::roster
