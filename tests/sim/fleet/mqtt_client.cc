// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/mqtt_client.h"

#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace msggw::fleet {
namespace {

constexpr int kKeepAliveSeconds = 60;
constexpr int kMostPacketsRead = 64;
constexpr int kMostOfRecord = 16'384;  // what is decrypted makes no socket readable
constexpr int kMostInFlight = 65'535;  // the window of the fleet is the limit that counts

struct Properties {
  mosquitto_property* list = nullptr;
  ~Properties() { mosquitto_property_free_all(&list); }
};

/// What is left of the octets of a broker. Each call takes something from the front, and what runs
/// over the end makes it empty.
class Rest {
 public:
  explicit Rest(std::string_view octets) : octets_(octets) {}

  bool empty() const { return octets_.empty(); }
  std::size_t octet() { return static_cast<unsigned char>(take(1).empty() ? 0 : taken_[0]); }
  std::size_t number() {
    const std::size_t high = octet();
    return high << 8 | octet();
  }
  /// A variable byte integer (MQTT 5, 1.5.5).
  std::size_t varint() {
    std::size_t value = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      const std::size_t one = octet();
      value |= (one & 127) << shift;
      if (one < 128) break;
    }
    return value;
  }
  std::string_view take(std::size_t size) {
    taken_ = size > octets_.size() ? std::string_view() : octets_.substr(0, size);
    octets_.remove_prefix(size > octets_.size() ? octets_.size() : size);
    return taken_;
  }
  std::string_view all() { return take(octets_.size()); }

 private:
  std::string_view octets_;
  std::string_view taken_;
};

std::string words_of(int rc) {
  return rc == MOSQ_ERR_ERRNO ? std::strerror(errno) : mosquitto_strerror(rc);
}

}  // namespace

MqttLibrary::MqttLibrary() {
  mosquitto_lib_init();
}
MqttLibrary::~MqttLibrary() {
  mosquitto_lib_cleanup();
}

struct MqttClient::Callbacks {
  static MqttClient& self(void* object) { return *static_cast<MqttClient*>(object); }

  static void connected(mosquitto*, void* object, int rc) noexcept {
    MqttClient& client = self(object);
    client.connected_ = rc == 0;
    if (rc == 0)
      client.handlers_.connected();
    else
      client.why_ = mosquitto_connack_string(rc);
  }
  static void disconnected(mosquitto*, void* object, int rc) noexcept {
    self(object).why_ = mosquitto_strerror(rc);
    self(object).connected_ = false;
  }
  static void subscribed(mosquitto*, void* object, int, int, const int*) noexcept {
    self(object).handlers_.subscribed();
  }
  static void message(mosquitto*, void* object, const mosquitto_message* m,
                      const mosquitto_property* properties) noexcept {
    void* octets = nullptr;
    std::uint16_t size = 0;
    char* reply = nullptr;
    mosquitto_property_read_binary(properties, MQTT_PROP_CORRELATION_DATA, &octets, &size, false);
    mosquitto_property_read_string(properties, MQTT_PROP_RESPONSE_TOPIC, &reply, false);
    self(object).handlers_.message(
        {m->topic,
         {static_cast<const char*>(m->payload), static_cast<std::size_t>(m->payloadlen)},
         m->retain,
         {static_cast<const char*>(octets), size},
         reply == nullptr ? std::string_view() : reply});
    std::free(octets);
    std::free(reply);
  }
};

void MqttClient::secure(Settings& settings, const Security& security, const Keys& keys,
                        const Ids& ids, std::uint32_t device) {
  if (security.tls) settings.ca = security.ca;
  if (!security.certificate.empty()) {
    settings.certificate = file_of(security.certificate, ids.text(device));
    settings.key = file_of(security.key, ids.text(device));
  }
  if (!security.psk && !security.passwords) return;
  const Keys::Key key = keys.of(device);
  if (security.psk) {
    settings.psk_identity = key.identity;
    settings.psk_key = hex_of(key.octets);
  } else {
    settings.user = key.identity;
    settings.password = key.octets;
  }
}

MqttClient::MqttClient(const Settings& settings, Handlers handlers)
    : client_(mosquitto_new(settings.client_id.c_str(), !settings.is_kept, this)),
      settings_(settings),
      handlers_(std::move(handlers)) {
  if (!client_) throw std::runtime_error("mosquitto_new failed");
  mosquitto* m = client_.get();
  mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION,
                       settings_.version_5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
  mosquitto_int_option(m, MOSQ_OPT_RECEIVE_MAXIMUM, kMostInFlight);
  mosquitto_int_option(m, MOSQ_OPT_SEND_MAXIMUM, kMostInFlight);
  mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
  if (!settings_.user.empty()) {
    mosquitto_username_pw_set(m, settings_.user.c_str(), settings_.password.c_str());
  }
  const auto file = [](const std::string& name) { return name.empty() ? nullptr : name.c_str(); };
  int tls = MOSQ_ERR_SUCCESS;
  if (!settings_.psk_identity.empty())
    tls = mosquitto_tls_psk_set(m, settings_.psk_key.c_str(), settings_.psk_identity.c_str(),
                                nullptr);
  else if (!settings_.ca.empty())
    tls = mosquitto_tls_set(m, settings_.ca.c_str(), nullptr, file(settings_.certificate),
                            file(settings_.key), nullptr);
  if (tls != MOSQ_ERR_SUCCESS) throw std::runtime_error("TLS: " + words_of(tls));
  mosquitto_connect_callback_set(m, Callbacks::connected);
  mosquitto_disconnect_callback_set(m, Callbacks::disconnected);
  mosquitto_subscribe_callback_set(m, Callbacks::subscribed);
  mosquitto_message_v5_callback_set(m, Callbacks::message);
}

bool MqttClient::connect() {
  const int rc =
      mosquitto_connect(client_.get(), settings_.host.c_str(), settings_.port, kKeepAliveSeconds);
  if (rc != MOSQ_ERR_SUCCESS) why_ = words_of(rc);
  lost_told_ = rc != MOSQ_ERR_SUCCESS;
  return rc == MOSQ_ERR_SUCCESS;
}

bool MqttClient::reconnect() {
  const int rc = mosquitto_reconnect_async(client_.get());
  if (rc != MOSQ_ERR_SUCCESS) why_ = words_of(rc);
  lost_told_ = rc != MOSQ_ERR_SUCCESS;
  return rc == MOSQ_ERR_SUCCESS;
}

int MqttClient::fd() const {
  return mosquitto_socket(client_.get());
}

bool MqttClient::wants_write() const {
  return mosquitto_want_write(client_.get());
}

/// The library reports a dead connection by return code, by callback, or both; the owner hears of
/// it once.
void MqttClient::settle(int rc) {
  if (rc == MOSQ_ERR_SUCCESS && fd() >= 0) return;
  connected_ = false;
  if (!lost_told_) {
    lost_told_ = true;
    if (rc != MOSQ_ERR_SUCCESS) why_ = words_of(rc);
    take_rest();
    handlers_.lost();
  }
}

/// Of a broker that died the last messages may be unread: the library gives the connection up where
/// it cannot acknowledge the first of them.
void MqttClient::take_rest() {
  std::string octets;
  std::array<char, 16'384> room;
  for (ssize_t got; twin_ && (got = recv(twin_.get(), room.data(), room.size(), MSG_DONTWAIT)) > 0;)
    octets.append(room.data(), static_cast<std::size_t>(got));
  twin_.reset();
  for (Rest rest(octets); !rest.empty();) {
    constexpr std::size_t kPublish = 3;
    const std::size_t head = rest.octet();
    Rest packet(rest.take(rest.varint()));
    if (head >> 4 != kPublish || packet.empty()) continue;
    const std::string_view topic = packet.take(packet.number());
    if ((head & 6) != 0) packet.number();
    if (settings_.version_5) packet.take(packet.varint());
    handlers_.message({topic, packet.all(), (head & 1) != 0, {}, {}});
  }
}

void MqttClient::readable() {
  if (!twin_ && !is_secure()) twin_.reset(fcntl(fd(), F_DUPFD_CLOEXEC, 0));
  int rc = MOSQ_ERR_SUCCESS;
  const int most = is_secure() ? kMostOfRecord : kMostPacketsRead;
  for (int i = 0; i < most && rc == MOSQ_ERR_SUCCESS; ++i) {
    errno = 0;
    rc = mosquitto_loop_read(client_.get(), 1);
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
  }
  settle(rc);
}

void MqttClient::writable() {
  settle(mosquitto_loop_write(client_.get(), 1));
}

void MqttClient::cut() {
  if (fd() >= 0) shutdown(fd(), SHUT_RDWR);
}

void MqttClient::tick() {
  if (fd() >= 0) settle(mosquitto_loop_misc(client_.get()));
}

bool MqttClient::publish(const std::string& topic, std::string_view payload, int qos, bool retain,
                         const Reply* reply) {
  Properties properties;
  // An empty string property crashes the library (2.0.11) when it copies the list.
  if (reply != nullptr && settings_.version_5 && !reply->topic.empty()) {
    mosquitto_property_add_string(&properties.list, MQTT_PROP_RESPONSE_TOPIC,
                                  std::string(reply->topic).c_str());
  }
  if (reply != nullptr && settings_.version_5 && !reply->correlation.empty()) {
    mosquitto_property_add_binary(&properties.list, MQTT_PROP_CORRELATION_DATA,
                                  reply->correlation.data(),
                                  static_cast<std::uint16_t>(reply->correlation.size()));
  }
  return mosquitto_publish_v5(client_.get(), nullptr, topic.c_str(),
                              static_cast<int>(payload.size()), payload.data(), qos, retain,
                              properties.list) == MOSQ_ERR_SUCCESS;
}

bool MqttClient::subscribe(std::span<const std::string> topics, int qos) {
  std::vector<char*> list;
  list.reserve(topics.size());
  for (const std::string& topic : topics) list.push_back(const_cast<char*>(topic.c_str()));
  const int options = settings_.version_5 ? MQTT_SUB_OPT_SEND_RETAIN_NEVER : 0;
  return mosquitto_subscribe_multiple(client_.get(), nullptr, static_cast<int>(list.size()),
                                      list.data(), qos, options, nullptr) == MOSQ_ERR_SUCCESS;
}

}  // namespace msggw::fleet
