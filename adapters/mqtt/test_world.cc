// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/test_world.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "storage/device_record.h"

namespace msggw::mqtt::test {

namespace {

constexpr std::string_view kMark = "MSG ";

}  // namespace

std::string new_authority(const TempFolder& folder) {
  const std::string command =
      "cd " + folder.path().string() +
      " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout "
      "ca.key -out ca.pem -subj /CN=ca -addext basicConstraints=critical,CA:TRUE 2>/dev/null";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl: " + command);
  return (folder.path() / "ca.pem").string();
}

Program::Program(std::vector<std::string> words) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  out_.reset(ends[0]);
  const base::UniqueFd writes(ends[1]);
  ::fcntl(out_.get(), F_SETFL, O_NONBLOCK);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, writes.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, writes.get(), 2);
  const int error =
      ::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot run " + words[0]);
}

Program::~Program() {
  if (has_ended()) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool Program::has_ended() {
  if (pid_ < 0) return true;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  pid_ = -1;
  return true;
}

const std::string& Program::output() {
  char buffer[4096];
  ssize_t size = 0;
  while ((size = ::read(out_.get(), buffer, sizeof buffer)) > 0)
    output_.append(buffer, static_cast<std::size_t>(size));
  return output_;
}

World::World(Options wanted, core::Limits wanted_limits, bool with_messages)
    : Service(wanted_limits), options(std::move(wanted)), store(storage::gateway_tables().size()) {
  std::signal(SIGPIPE, SIG_IGN);  // as the program does
  if (with_messages) begin_messages();
  adapter = std::make_unique<MqttAdapter>(context, options, doors());
}

Doors World::doors() {
  return {gateway.registrations(), messages ? &messages->device_side() : nullptr, &proofs};
}

void World::begin_messages() {
  messages.emplace(context, gateway.tables(), store, message_limits);
}

void World::restart_messages() {
  adapter.reset();
  begin_messages();
  adapter = std::make_unique<MqttAdapter>(context, options, doors());
  adapter->start();
}

void World::play() {
  if (!messages) return;
  messages->commits = commits;
  messages->turn(*adapter);
}

void World::deliver(const std::string& id, const std::string& content, const std::string& to,
                    messages::Priority priority) {
  auto message = msggw::test::Messages::message(to, id, content);
  message.application = "valve";
  message.wants_report = true;
  message.priority = priority;
  messages->deliver(std::move(message));
}

void World::deliver_report(const std::string& id, bool delivered) {
  messages->deliver(messages::Report{{messages::AddressType::as, "as-1"},
                                     {messages::AddressType::ue, "sid-0"},
                                     id,
                                     delivered,
                                     {}});
}

int World::run(std::vector<std::string> words) {
  Program program(std::move(words));
  until([&] { return program.has_ended(); });
  return program.code();
}

namespace {

std::vector<std::string> ear_words(std::uint16_t port, std::vector<std::string> more) {
  std::vector<std::string> words{"stdbuf",
                                 "-oL",
                                 "mosquitto_sub",
                                 "-h",
                                 "127.0.0.1",
                                 "-p",
                                 std::to_string(port),
                                 "-d",
                                 "-q",
                                 "1",
                                 "-F",
                                 std::string(kMark) + "%t %r %D %p"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

Ear::Ear(World& world, std::uint16_t port, std::vector<std::string> more_words)
    : world_(world), program_(ear_words(port, std::move(more_words))) {
  const bool subscribed =
      world_.until([&] { return program_.output().find("Subscribed (mid") != std::string::npos; });
  if (!subscribed) throw std::runtime_error("mosquitto_sub: " + program_.output());
}

std::vector<std::string> Ear::messages() {
  std::vector<std::string> found;
  const std::string& text = program_.output();
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;
    const auto line = text.substr(begin, end - begin);
    if (line.starts_with(kMark)) found.push_back(line.substr(kMark.size()));
    begin = end + 1;
  }
  return found;
}

std::string Ear::hear(const std::function<bool(const std::string&)>& wanted) {
  std::string heard;
  world_.until([&] {
    for (std::string& message : messages()) {
      if (wanted(message)) heard = std::move(message);
    }
    return !heard.empty();
  });
  return heard;
}

std::string Ear::hear_with(const std::string& part) {
  return hear([&](const std::string& message) { return message.find(part) != std::string::npos; });
}

std::vector<std::string> on(const std::string& filter, const char* version) {
  return {"-V", version, "-t", filter};
}

namespace {

Options at_port(Options options, std::uint16_t port) {
  options.port = port;
  return options;
}

}  // namespace

Site::Site(Options options, core::Limits limits, const std::string& more, bool with_messages)
    : broker({folder.path(), boost::asio::ip::address_v4::loopback(), 0, more}),
      port(broker.port()),
      world(at_port(std::move(options), port), limits, with_messages) {
  world.adapter->start();
  if (!world.until([&] { return world.adapter->is_connected(); }))
    throw std::runtime_error("the gateway does not connect");
}

void Site::publish(const std::string& topic, const std::string& body, const char* version,
                   const char* qos, std::vector<std::string> more) {
  std::vector<std::string> words{"mosquitto_pub",
                                 "-h",
                                 "127.0.0.1",
                                 "-p",
                                 std::to_string(port),
                                 "-V",
                                 version,
                                 "-q",
                                 qos,
                                 "-t",
                                 topic};
  if (body.empty()) {
    words.push_back("-n");
  } else {
    words.insert(words.end(), {"-m", body});
  }
  words.insert(words.end(), more.begin(), more.end());
  if (world.run(std::move(words)) != 0) throw std::runtime_error("mosquitto_pub failed");
}

}  // namespace msggw::mqtt::test
