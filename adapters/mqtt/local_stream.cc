// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/local_stream.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace msggw::mqtt {

namespace {

/// A listening unix socket in a folder of its own (0700), and a descriptor of its file; both
/// file and folder are gone when it returns.
bool listen_in(const std::string& parent, base::UniqueFd& listener, base::UniqueFd& name) {
  std::string folder = parent + "/msggw-XXXXXX";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (folder.size() + 2 >= sizeof address.sun_path || ::mkdtemp(folder.data()) == nullptr)
    return false;
  const std::string path = folder + "/s";
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  listener.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool bound = listener && ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address),
                                        sizeof address) == 0;
  if (bound) name.reset(::open(path.c_str(), O_PATH | O_CLOEXEC));
  ::unlink(path.c_str());
  ::rmdir(folder.c_str());
  return bound && name && ::listen(listener.get(), 1) == 0;
}

}  // namespace

LocalStream::LocalStream() {
  std::error_code ignored;
  const std::string folder = std::filesystem::temp_directory_path(ignored).string();
  if (!listen_in(folder, listener_, name_) && !listen_in("/dev/shm", listener_, name_)) {
    throw std::runtime_error("mqtt: no socket can be made in the folder for temporary files (" +
                             folder + ") nor in /dev/shm: " + std::strerror(errno));
  }
  path_ = "/proc/self/fd/" + std::to_string(name_.get());
}

base::UniqueFd LocalStream::accept() const {
  base::UniqueFd newest;  // one that could not be accepted in its time may stand before it
  while (true) {
    base::UniqueFd next(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!next) return newest;
    newest = std::move(next);
  }
}

}  // namespace msggw::mqtt
